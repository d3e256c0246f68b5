#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "harness/report/format.h"
#include "harness/report/report.h"

namespace cnnbench {
namespace {

std::string subject(const ReportedBackend& of, const std::string& layer = "") {
  return fmt::format("{} {} on {}{}", of.model.name, to_string(of.pass), of.backend.name,
                     layer.empty() ? "" : ", " + layer);
}

/// The error of a check against what is allowed; not-a-number counts as infinite.
double badness(const Check& check) {
  if (check.max_error == 0) return 0;
  const double ratio = check.max_error / check.tolerance;
  return std::isnan(ratio) ? std::numeric_limits<double>::infinity() : ratio;
}

/// A check and the backend that it is of.
using Checked = std::pair<const ReportedBackend*, const Check*>;

/// ", 17 of them by a sample of 0.4 % of their elements (every border among it)"
std::string sampling_in_words(const std::vector<Checked>& checks) {
  std::int64_t sampled = 0;
  double elements = 0;
  double checked = 0;
  for (const auto& [of, check] : checks) {
    if (check->checked >= check->elements) continue;
    ++sampled;
    elements += static_cast<double>(check->elements);
    checked += static_cast<double>(check->checked);
  }
  if (sampled == 0) return "";
  return fmt::format(", {} of them by a sample of {:.2g} % of their elements (every border among it)",
                     grouped(sampled), 100 * checked / elements);
}

std::string verdict_in_words(const Report& report, const std::vector<Checked>& checks) {
  const auto failed =
      std::count_if(checks.begin(), checks.end(), [](const Checked& c) { return !c.second->passed; });
  std::string checked;
  if (checks.empty()) {
    checked = report.verified ? "no tensor was checked"
                              : "verification was off: nobody checked what these numbers measure";
  } else {
    const auto& [of, check] = *std::max_element(
        checks.begin(), checks.end(),
        [](const Checked& a, const Checked& b) { return badness(*a.second) < badness(*b.second); });
    checked =
        fmt::format("{} checked{}{}; worst relative error {:.2g} where {:.2g} is allowed ({} {} of {})",
                    counted(static_cast<std::int64_t>(checks.size()), "tensor"), sampling_in_words(checks),
                    failed == 0 ? "" : fmt::format(", {} failed", grouped(failed)), check->max_error,
                    check->tolerance, check->layer, tensor_name(check->tensor), subject(*of));
  }
  if (report.status == "invalid" || failed > 0) return "INVALID: " + checked;
  if (report.status == "partial") return "PARTIAL: the run did not finish; " + checked;
  return (checks.empty() ? "NOT VERIFIED: " : "VALID: ") + checked;
}

/// Of the experiment that took the most.
std::string memory_in_words(const Report& report) {
  std::vector<std::pair<const Model*, const PassReport*>> known;
  for (const NetworkReport& network : report.networks)
    for (const PassReport& pass : network.passes)
      if (pass.memory.largest()) known.emplace_back(&network.model, &pass);
  if (known.empty()) return "";
  const auto [model, most] = *std::max_element(known.begin(), known.end(), [](const auto& a, const auto& b) {
    return a.second->memory.largest() < b.second->memory.largest();
  });
  const MemoryPeaks& memory = most->memory;
  std::string words = "memory: peak " + binary_size(static_cast<double>(*memory.largest())) + " a rank";
  if (memory.estimated_bytes > 0) words += " (estimated " + binary_size(memory.estimated_bytes) + ")";
  return known.size() == 1 ? words : fmt::format("{}, {} {}", words, model->name, to_string(most->pass));
}

/// A line for each reason: a backend that lacks a pass has the same reason for every layer.
void print_failures(std::ostream& out, const ReportedBackend& of) {
  std::vector<std::pair<const Failure*, std::string>>
      lines;  // the first of its reason, and the layers of all
  for (const Failure& failure : of.backend.failures) {
    const auto same = [&](const auto& line) {
      return failure.reason == Failure::Reason::unsupported && line.first->reason == failure.reason &&
             line.first->message == failure.message;
    };
    const auto found = std::find_if(lines.begin(), lines.end(), same);
    if (found == lines.end())
      lines.emplace_back(&failure, failure.layer);
    else
      found->second += ", " + failure.layer;
  }
  for (const auto& [failure, layers] : lines) {
    const std::string reason(to_string(failure->reason));
    const std::string what =
        failure->reason == Failure::Reason::unsupported ? reason : "FAILED (" + reason + ")";
    print_wrapped(out, fmt::format("{}: {}: {}", what, subject(of, layers), failure->message), "    ", "  ");
  }
}

/// "WRONG IMPLEMENTATION: …", a line for each implementation: the same copy may be wrong in many layers.
void print_library_faults(std::ostream& out, const ReportedBackend& of) {
  std::vector<std::pair<const LibraryFault*, std::string>> lines;  // the first of its kind, the places of all
  for (const LibraryFault& fault : of.backend.library_faults) {
    const std::string place = fmt::format("{} ({})", fault.layer, operation_name(fault));
    const auto same = [&](const auto& line) {
      return line.first->implementation == fault.implementation &&
             line.first->replaced_by == fault.replaced_by &&
             line.first->operation.index() == fault.operation.index();
    };
    const auto found = std::find_if(lines.begin(), lines.end(), same);
    if (found == lines.end())
      lines.emplace_back(&fault, place);
    else
      found->second += ", " + place;
  }
  for (const auto& [fault, places] : lines) {
    const std::string ran = fault->replaced_by.empty() ? "nothing runs" : fault->replaced_by + " runs";
    print_wrapped(
        out,
        fmt::format("WRONG IMPLEMENTATION REPLACED: {}: the library's {} is wrong in {}; {} in its "
                    "place, verified as all else. Found by {}: {}",
                    subject(of), fault->implementation, places, ran, found_by(*fault), fault->message),
        "    ", "  ");
  }
}

/// "Choices of the backends: 12 by timing, 3 taken over from --choices"; empty without any.
std::string choices_in_words(const std::vector<Choice>& choices) {
  if (choices.empty()) return "";
  const auto given =
      std::count_if(choices.begin(), choices.end(), [](const Choice& choice) { return choice.given; });
  return fmt::format("Choices of the backends: {} by timing, {} taken over from --choices",
                     static_cast<std::ptrdiff_t>(choices.size()) - given, given);
}

}  // namespace

void print_verdict(std::ostream& out, const Report& report) {
  const std::vector<ReportedBackend> backends = all_backends(report);
  std::vector<Checked> checks;
  for (const ReportedBackend& of : backends)
    for (const Check& check : of.backend.checks) checks.emplace_back(&of, &check);
  print_wrapped(out, verdict_in_words(report, checks), "  ", "");
  for (const auto& [of, check] : checks) {
    if (check->passed) continue;
    print_wrapped(out,
                  fmt::format("FAILED: {} {}: relative error {:.2g}, allowed {:.2g}{}",
                              subject(*of, check->layer), tensor_name(check->tensor), check->max_error,
                              check->tolerance, check->message.empty() ? "" : ": " + check->message),
                  "    ", "  ");
  }
  if (const std::string memory = memory_in_words(report); !memory.empty())
    print_wrapped(out, memory, "    ", "");
  if (const std::string choices = choices_in_words(report.choices); !choices.empty())
    print_wrapped(out, choices, "    ", "");
  for (const ReportedBackend& of : backends) print_failures(out, of);
  for (const ReportedBackend& of : backends) print_library_faults(out, of);
  for (const std::string& warning : report.warnings) print_wrapped(out, warning, "    ", "WARNING: ");
}

}  // namespace cnnbench

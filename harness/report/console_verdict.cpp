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

std::string subject(const std::string& model, const std::string& pass, const std::string& backend,
                    const std::string& layer) {
  return fmt::format("{} {} on {}{}", model, pass, backend, layer.empty() ? "" : ", " + layer);
}

/// The error of a check against what is allowed; not-a-number counts as infinite.
double badness(const Check& check) {
  if (check.max_error == 0) return 0;
  const double ratio = check.max_error / check.tolerance;
  return std::isnan(ratio) ? std::numeric_limits<double>::infinity() : ratio;
}

const Check& worst(const std::vector<Check>& checks) {
  return *std::max_element(checks.begin(), checks.end(),
                           [](const Check& a, const Check& b) { return badness(a) < badness(b); });
}

/// ", 17 of them by a sample of 0.4 % of their elements (every border among it)"
std::string sampling_in_words(const std::vector<Check>& checks) {
  std::int64_t sampled = 0;
  double elements = 0;
  double checked = 0;
  for (const Check& check : checks) {
    if (check.checked >= check.elements) continue;
    ++sampled;
    elements += static_cast<double>(check.elements);
    checked += static_cast<double>(check.checked);
  }
  if (sampled == 0) return "";
  return fmt::format(", {} of them by a sample of {:.2g} % of their elements (every border among it)",
                     grouped(sampled), 100 * checked / elements);
}

std::string verdict_in_words(const Report& report) {
  const auto tensors = static_cast<std::int64_t>(report.checks.size());
  const std::int64_t failed = std::count_if(report.checks.begin(), report.checks.end(),
                                            [](const Check& check) { return !check.passed; });
  std::string checked;
  if (report.checks.empty()) {
    checked = report.verified ? "no tensor was checked"
                              : "verification was off: nobody checked what these numbers measure";
  } else {
    const Check& check = worst(report.checks);
    checked = fmt::format("{} checked{}{}; worst relative error {:.2g} where {:.2g} is allowed ({} {} of {})",
                          counted(tensors, "tensor"), sampling_in_words(report.checks),
                          failed == 0 ? "" : fmt::format(", {} failed", grouped(failed)), check.max_error,
                          check.tolerance, check.layer, check.tensor,
                          subject(check.model, check.pass, check.backend, ""));
  }
  if (report.status == "invalid" || failed > 0) return "INVALID: " + checked;
  if (report.status == "partial") return "PARTIAL: the run did not finish; " + checked;
  return (report.checks.empty() ? "NOT VERIFIED: " : "VALID: ") + checked;
}

/// Of the experiment that took the most.
std::string memory_in_words(const Report& report) {
  const auto most =
      std::max_element(report.memory.begin(), report.memory.end(),
                       [](const MemoryPeaks& a, const MemoryPeaks& b) { return a.largest() < b.largest(); });
  if (most == report.memory.end() || !most->largest()) return "";
  std::string words = "memory: peak " + binary_size(static_cast<double>(*most->largest())) + " a rank";
  if (most->estimated_bytes > 0) words += " (estimated " + binary_size(most->estimated_bytes) + ")";
  return report.memory.size() == 1 ? words : words + ", " + most->model + " " + most->pass;
}

/// A line for each reason: a backend that lacks a pass has the same reason for every layer.
void print_failures(std::ostream& out, const std::vector<Failure>& failures) {
  std::vector<std::pair<Failure, std::string>> lines;  // the first of its reason, and the layers of all
  for (const Failure& failure : failures) {
    const auto same = [&](const auto& line) {
      const Failure& other = line.first;
      return failure.reason == "unsupported" && other.reason == failure.reason &&
             other.model == failure.model && other.pass == failure.pass && other.backend == failure.backend &&
             other.message == failure.message;
    };
    const auto found = std::find_if(lines.begin(), lines.end(), same);
    if (found == lines.end())
      lines.emplace_back(failure, failure.layer);
    else
      found->second += ", " + failure.layer;
  }
  for (const auto& [failure, layers] : lines) {
    const std::string who = subject(failure.model, failure.pass, failure.backend, layers);
    const std::string what =
        failure.reason == "unsupported" ? failure.reason : "FAILED (" + failure.reason + ")";
    print_wrapped(out, fmt::format("{}: {}: {}", what, who, failure.message), "    ", "  ");
  }
}

/// "WRONG IMPLEMENTATION: …", a line for each subject and implementation: the same copy may be wrong in many
/// layers.
void print_library_faults(std::ostream& out, const std::vector<LibraryFault>& faults) {
  std::vector<const LibraryFault*> first;
  for (const LibraryFault& fault : faults) {
    const auto same = [&](const LibraryFault* other) {
      return other->model == fault.model && other->pass == fault.pass && other->backend == fault.backend &&
             other->implementation == fault.implementation && other->replaced_by == fault.replaced_by &&
             other->found_by == fault.found_by;
    };
    if (std::none_of(first.begin(), first.end(), same)) first.push_back(&fault);
  }
  for (const LibraryFault* fault : first) {
    std::vector<std::string> places;
    for (const LibraryFault& each : faults)
      if (each.model == fault->model && each.pass == fault->pass && each.backend == fault->backend &&
          each.implementation == fault->implementation && each.replaced_by == fault->replaced_by &&
          each.found_by == fault->found_by)
        places.push_back(each.layer + " (" + each.operation + ")");
    const std::string ran = fault->replaced_by.empty() ? "nothing runs" : fault->replaced_by + " runs";
    print_wrapped(out,
                  fmt::format("WRONG IMPLEMENTATION REPLACED: {}: the library's {} is wrong in {}; {} in its "
                              "place, verified as all else. Found by {}: {}",
                              subject(fault->model, fault->pass, fault->backend, ""), fault->implementation,
                              join(places, ", "), ran, fault->found_by, fault->message),
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
  print_wrapped(out, verdict_in_words(report), "  ", "");
  for (const Check& check : report.checks) {
    if (check.passed) continue;
    print_wrapped(
        out,
        fmt::format("FAILED: {} {}: relative error {:.2g}, allowed {:.2g}{}",
                    subject(check.model, check.pass, check.backend, check.layer), check.tensor,
                    check.max_error, check.tolerance, check.message.empty() ? "" : ": " + check.message),
        "    ", "  ");
  }
  if (const std::string memory = memory_in_words(report); !memory.empty())
    print_wrapped(out, memory, "    ", "");
  if (const std::string choices = choices_in_words(report.choices); !choices.empty())
    print_wrapped(out, choices, "    ", "");
  print_failures(out, report.failures);
  print_library_faults(out, report.library_faults);
  for (const std::string& warning : report.warnings) print_wrapped(out, warning, "    ", "WARNING: ");
}

}  // namespace cnnbench

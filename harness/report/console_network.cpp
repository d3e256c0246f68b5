#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <ostream>

#include "harness/report/format.h"
#include "harness/report/report.h"

namespace cnnbench {
namespace {

std::string capitalized(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string reason_in_words(StopReason reason) {
  if (reason == StopReason::steps) return "stopped after all steps";
  if (reason == StopReason::precision) return "stopped at the precision asked for";
  if (reason == StopReason::max_seconds) return "stopped at the time limit";
  if (reason == StopReason::failed) return "stopped since a program could not be made anew";
  return std::string(to_string(reason));
}

/// Median and interval in one unit.
std::string median_in_words(const Summary& summary) {
  const TimeUnit unit = unit_for(summary.median);
  if (!summary.median_interval) return "median " + format_time(summary.median);
  return fmt::format("median {:.3f} {} (95 %: {:.3f} to {:.3f})", summary.median / unit.seconds, unit.name,
                     summary.median_interval->low / unit.seconds,
                     summary.median_interval->high / unit.seconds);
}

/// A rate of one rank and, with several, of all.
std::string rate_in_words(double rate, int ranks, const std::string& unit) {
  if (ranks == 1) return fmt::format("{} {}", short_number(rate), unit);
  return fmt::format("{} {} a rank, {} in all", short_number(rate), unit, short_number(rate * ranks));
}

/// "imbalance 1.040 (slowest over median of the other ranks); slowest in steps: rank 1 70, rank 0 30", on one
/// line however many ranks there are.
void print_imbalance(std::ostream& out, const Record& record) {
  std::string line = "  ";
  if (record.imbalance)
    line += fmt::format("imbalance {:.3f} (slowest over {}); ", *record.imbalance,
                        record.ranks == 2 ? "other rank" : "median of the others");
  line += "slowest in steps:";
  std::vector<RankSummary> ranks = record.per_rank;
  std::stable_sort(ranks.begin(), ranks.end(),
                   [](const auto& a, const auto& b) { return a.slowest_steps > b.slowest_steps; });
  constexpr std::size_t room_for_rest = 24;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const std::string entry = fmt::format(" rank {} {}", ranks[i].rank, grouped(ranks[i].slowest_steps));
    const bool last = i + 1 == ranks.size();
    if (display_width(line) + entry.size() + (last ? 0 : room_for_rest) > console_width) {
      std::int64_t rest = 0;
      for (std::size_t j = i; j < ranks.size(); ++j) rest += ranks[j].slowest_steps;
      line += fmt::format(" {} others {}", ranks.size() - i, grouped(rest));
      break;
    }
    line += entry + (last ? "" : ",");
  }
  out << line << '\n';
}

/// "slowest rank 2.310 ms, starts 1.2 µs apart: medians".
void print_parts(std::ostream& out, const OverRanks& parts) {
  const std::vector<std::string> phrases = {
      "time from first start to last end; medians: slowest rank alone " + format_time(parts.longest.median),
      "starts " + format_time(parts.start_skew.median) + " apart",
      "waiting " + format_time(parts.waiting.median)};
  print_phrases(out, phrases, ", ", "  ", "  ");
}

}  // namespace

void print_network(std::ostream& out, const ReportedBackend& of) {
  if (of.backend.records(View::network).empty()) return;
  const Record& record = of.backend.records(View::network).front();
  const Summary& summary = record.summary;
  out << fmt::format("{} across {} step{}, {}\n", capitalized(std::string(to_string(of.pass))), summary.n,
                     summary.n == 1 ? "" : "s", format_time_per_batch(summary));
  const double seconds = seconds_a_step(summary);
  std::vector<std::string> phrases = {
      fmt::format("{} on {}, batch {}{}", of.model.name, of.backend.name, grouped(record.batch),
                  record.gap == Gap::none ? "" : fmt::format(", gap {}", to_string(record.gap))),
      median_in_words(summary)};
  phrases.push_back(rate_in_words(static_cast<double>(record.batch) / seconds, record.ranks, "images/s"));
  if (const auto rate = gflops_per_second(record.flops, seconds))
    phrases.push_back(rate_in_words(*rate, record.ranks, "GFLOP/s") +
                      (record.direct_equivalent ? " (direct-equivalent)" : ""));
  phrases.push_back(reason_in_words(record.stop_reason));
  if (const std::optional<Setup>& setup = of.backend.setup)
    phrases.push_back("set-up took " + format_time(setup->prepare_seconds) +
                      (setup->weights_seconds ? ", of which transforming and packing weights " +
                                                    format_time(*setup->weights_seconds)
                                              : ""));
  print_phrases(out, phrases, "; ", "  ", "  ");
  if (record.over_ranks) print_parts(out, *record.over_ranks);
  if (record.ranks > 1 && !record.per_rank.empty()) print_imbalance(out, record);
  for (const Flag& flag : record.flags) print_wrapped(out, flag.text, "    ", "  FLAG: ");
}

}  // namespace cnnbench

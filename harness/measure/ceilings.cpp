#include "harness/measure/ceilings.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cnnbench {
namespace {

constexpr double large_difference = 1.1;  // of two peaks
constexpr double large_difference_of_cores = 1.05;
constexpr double large_difference_of_reading = 1.25;

std::string gflops(double flops_per_second) {
  return fmt::format("{:.3g} GFLOP/s", flops_per_second / 1e9);
}

/// The largest ratio over the ranks of what a canary took at start-up to the shortest that it ever took.
double disturbance(const std::vector<CanaryTimes>& first, const std::vector<CanaryTimes>& best, Part part) {
  double most = 1;
  for (std::size_t rank = 0; rank < first.size(); ++rank)
    most = std::max(most, first[rank][part] / best[rank][part]);  // 1 where unknown
  return most;
}

}  // namespace

CeilingWatch::CeilingWatch(Cluster& cluster, int threads, std::function<FmaPeak()> peak,
                           ConditionsProbe& probe)
    : cluster_(cluster), threads_(threads), peak_(std::move(peak)), probe_(probe) {
  references_ = first_references_ = gather_references(probe_, cluster_);
  measure_peak();
}

void CeilingWatch::measure() {
  probe_.settle_all();
  cluster_.barrier();  // all ranks at a time, as their steps run
  probe_.refer_again();
  references_ = gather_references(probe_, cluster_);
  measure_peak();
}

void CeilingWatch::measure_peak() {
  if (!peak_) return;
  cluster_.barrier();
  const FmaPeak peak = peak_();
  if (peak.flops_per_second > best_.flops_per_second) best_ = peak;
  measured_.push_back(peak.flops_per_second);
  const nlohmann::json mine{best_.flops_per_second, best_.instruction_set, threads_, measured_};
  std::optional<Ceilings> lowest;
  for (const std::string& text : cluster_.gather(mine.dump())) {
    const nlohmann::json one = nlohmann::json::parse(text);
    if (!lowest || one[0].get<double>() < lowest->fma_flops_per_second)
      lowest = Ceilings{one[0].get<double>(), one[1].get<std::string>(), one[2].get<int>(),
                        one[3].get<std::vector<double>>()};
  }
  lowest_ = std::move(lowest);
}

std::vector<std::string> CeilingWatch::warnings() const {
  std::vector<std::string> texts;
  if (lowest_) {
    const double best = lowest_->fma_flops_per_second;
    const double first = lowest_->measured.front();
    const double last = lowest_->measured.back();
    if (best > large_difference * first)
      texts.push_back(
          fmt::format("the FMA peak at start-up was {}, later {}: something disturbed the start-up, and "
                      "perhaps the first of these numbers; the larger peak is kept",
                      gflops(first), gflops(best)));
    if (best > large_difference * last)
      texts.push_back(
          fmt::format("the FMA peak at the end was {}, before {}: something disturbed the end of the run; "
                      "the larger peak is kept",
                      gflops(last), gflops(best)));
  }
  const auto compare = [&](Part part, const char* work, double large) {
    const double factor = disturbance(first_references_, references_, part);
    if (factor > large)
      texts.push_back(
          fmt::format("{} took {:.2f} times as long at start-up as later: something disturbed the start-up; "
                      "the shorter time is kept as reference",
                      work, factor));
  };
  compare(Part::cores, "the canary for cores", large_difference_of_cores);
  compare(Part::cache, "the canary for the last-level cache", large_difference_of_reading);
  compare(Part::memory, "the canary for memory", large_difference_of_reading);
  return texts;
}

}  // namespace cnnbench

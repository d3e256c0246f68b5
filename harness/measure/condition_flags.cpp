#include "harness/measure/condition_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace cnnbench {
namespace {

constexpr double most_switches_a_second = 50;  // and core
constexpr double least_switches = 10;
constexpr double most_steal = 0.01;
constexpr double most_other_load = 0.05;
constexpr double most_slowdown = 1.05;
constexpr double most_memory_slowdown = 1.25;  // readings differ more than those of multiply-adds

constexpr const char* slower_cores = "slower cores";
constexpr const char* slower_cache = "slower cache";
constexpr const char* slower_memory = "slower memory";

Flag slower_reading(const char* about, const std::string& from, double slowdown) {
  return {about,
          fmt::format("reading a fixed amount from {} between the steps took {:.2f} times as long as at its "
                      "best in this run: others use the same memory or cache",
                      from, slowdown),
          slowdown};
}

}  // namespace

std::vector<Flag> canary_flags(const Conditions& conditions) {
  std::vector<Flag> flags;
  if (conditions.slowdown.value_or(1) > most_slowdown)
    flags.push_back(
        {slower_cores,
         fmt::format("a fixed loop between the steps took {:.2f} times as long as at its best in this run: "
                     "the cores' frequency fell, or others used them",
                     *conditions.slowdown),
         *conditions.slowdown});
  if (conditions.cache_slowdown.value_or(1) > most_memory_slowdown)
    flags.push_back(slower_reading(slower_cache, "the last-level cache", *conditions.cache_slowdown));
  if (conditions.memory_slowdown.value_or(1) > most_memory_slowdown)
    flags.push_back(slower_reading(slower_memory, "memory", *conditions.memory_slowdown));
  return flags;
}

std::vector<Flag> condition_flags(const Conditions& conditions, int cores) {
  std::vector<Flag> flags;
  const auto switches = static_cast<double>(conditions.involuntary_switches.value_or(0));
  const double rate = switches / (conditions.seconds * cores);
  if (switches >= least_switches && rate > most_switches_a_second)
    flags.push_back(
        {"context switches",
         fmt::format("the kernel gave the cores to others {:.0f} times in {:.2g} s: {:.0f} times a second "
                     "and core",
                     switches, conditions.seconds, rate),
         rate});
  if (conditions.unsettled_blocks > 0)
    flags.push_back(
        {"spinning threads",
         fmt::format("{} blocks of steps began while other threads, with nothing to do by then, were "
                     "still running: is OMP_WAIT_POLICY=active set?",
                     conditions.unsettled_blocks),
         static_cast<double>(conditions.unsettled_blocks)});
  if (conditions.throttled_seconds.value_or(0) > 0)
    flags.push_back({"throttling",
                     fmt::format("the control group's CPU quota held the process back for {:.3g} s",
                                 *conditions.throttled_seconds),
                     *conditions.throttled_seconds});
  if (conditions.steal_share.value_or(0) > most_steal)
    flags.push_back({"steal",
                     fmt::format("the hypervisor gave {:.1f} % of the cores' time to other machines",
                                 100 * *conditions.steal_share),
                     *conditions.steal_share});
  if (conditions.other_load.value_or(0) > most_other_load)
    flags.push_back({"other load",
                     fmt::format("other processes took {:.0f} % of the CPU time of the node",
                                 100 * *conditions.other_load),
                     *conditions.other_load});
  for (Flag& flag : canary_flags(conditions)) flags.push_back(std::move(flag));
  return flags;
}

void rate_canaries(PassReport& report, std::span<const CanaryTimes> references) {
  for (BackendReport& backend : report.backends)
    for (auto& [view, found] : backend.views)
      for (Record& record : found.records) {
        rate_canaries(record.conditions, references);
        std::erase_if(record.flags, [](const Flag& flag) {
          return flag.about == slower_cores || flag.about == slower_cache || flag.about == slower_memory;
        });
        for (Flag& flag : canary_flags(record.conditions)) record.flags.push_back(std::move(flag));
      }
}

}  // namespace cnnbench

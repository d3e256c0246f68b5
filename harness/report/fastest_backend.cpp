#include "harness/report/fastest_backend.h"

#include "harness/measure/ratio_interval.h"

namespace cnnbench {
namespace {

constexpr double most_false_alarms = 0.05;  // the chance of one in a table

std::size_t smallest_median(const BackendRow& row) {
  std::size_t smallest = row.times.size();
  for (std::size_t i = 0; i < row.times.size(); ++i)
    if (row.times[i].median &&
        (smallest == row.times.size() || *row.times[i].median < *row.times[smallest].median))
      smallest = i;
  return smallest;
}

}  // namespace

void mark_fastest(const std::vector<BackendRow*>& rows) {
  std::vector<BackendTime*> slower;  // by its ratio to the one with the smallest median of its row
  std::vector<double> ps;
  for (BackendRow* const row : rows) {
    if (!row->compared) continue;
    BackendTime& fastest = row->times[smallest_median(*row)];
    bool told_apart = false;  // could be: there are intervals
    for (BackendTime& time : row->times) {
      if (!time.median || &time == &fastest) continue;
      const std::optional<TurnsRatio> turns = turns_of(time, fastest);
      if (!turns || !turns->p) continue;
      told_apart = true;
      slower.push_back(&time);
      ps.push_back(turns->ratio > 1 ? *turns->p : 1);
    }
    for (BackendTime& time : row->times) time.fastest = told_apart && time.median;
  }
  const std::vector<double> corrected = holm(ps);
  for (std::size_t i = 0; i < slower.size(); ++i) slower[i]->fastest = corrected[i] > most_false_alarms;
}

}  // namespace cnnbench

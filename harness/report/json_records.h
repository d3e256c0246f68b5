#pragma once

#include "harness/report/environment.h"
#include "harness/report/report.h"

namespace cnnbench {

template <typename T, typename Convert>
nlohmann::ordered_json list_of(const std::vector<T>& items, Convert convert) {
  auto list = nlohmann::ordered_json::array();
  for (const T& item : items) list.push_back(convert(item));
  return list;
}

/// {"low", "high"} or null.
nlohmann::ordered_json interval_json(const std::optional<Interval>& interval);

/// {"cores_seconds": [one a rank], "cache_seconds": …}
nlohmann::ordered_json canaries_json(const std::vector<CanaryTimes>& ranks);

/// The lists of result.json that have an entry a record: Google Benchmark's, and ours.
nlohmann::ordered_json benchmark_rows(const Report& report);
nlohmann::ordered_json records_json(const Report& report);

/// All times of all steps.
nlohmann::ordered_json steps_json(const Report& report);

}  // namespace cnnbench

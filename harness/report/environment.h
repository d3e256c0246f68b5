#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/report/report.h"

namespace cnnbench {

/// A text (a number) from facts in which anything may be missing or null.
std::optional<std::string> text_of(const nlohmann::ordered_json& facts, const char* key);
std::optional<double> number_of(const nlohmann::ordered_json& facts, const char* key);

/// The variables of rank 0 that change what runs, as "OMP_NUM_THREADS=4, DNNL_VERBOSE=1 (rank 3: not set)":
/// in brackets the first rank that differs. Empty where no rank has one.
std::string variables_in_words(const std::vector<nlohmann::ordered_json>& environment);

/// The number, or null where it is undefined or not finite: JSON has neither infinity nor not-a-number.
nlohmann::ordered_json number_or_null(std::optional<double> value);

/// `context` of a Google Benchmark file, filled from the facts of rank 0; what they do not hold is null.
nlohmann::ordered_json google_benchmark_context(const nlohmann::ordered_json& facts,
                                                const std::string& start_time, const std::string& executable);

/// `benchmarks` of one: a row a record.
nlohmann::ordered_json google_benchmark_rows(const Report& report);

}  // namespace cnnbench

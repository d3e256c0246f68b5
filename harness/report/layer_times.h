#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/report/format.h"
#include "harness/report/report.h"

namespace cnnbench {

/// One or several records taken together.
struct CombinedTime {
  TimeValue time;
  std::int64_t flops = 0;          ///< of one step of one rank
  bool direct_equivalent = false;  ///< one of the records is
};

/// The records' times added up. Where they have samples of the same steps the sd is that of the steps' sums;
/// else that of independent times (the root of the sum of squares), and undefined where one of them is. Empty
/// for no records.
std::optional<CombinedTime> combine(const std::vector<const Record*>& records);

/// The records' samples added up, step by step; empty where they are not of the same steps.
std::vector<double> summed_samples(const std::vector<const Record*>& records);

/// Directions in the order of the table's columns.
inline constexpr std::array<std::string_view, 4> directions = {"forward", "backward_data", "backward_weights",
                                                               "reorder"};

/// A layer's records; a reorder belongs to the layer that needs it.
struct LayerTimes {
  std::string layer;
  std::string output;
  std::array<const Record*, directions.size()> records{};  ///< a direction; null where there is none

  std::vector<const Record*> all() const;
};

/// The layers of one (model, pass, backend, view), in the network's order; what is not one of its layers (the
/// loss) comes last.
std::vector<LayerTimes> layer_times(const Report& report, const std::string& model, const std::string& pass,
                                    const std::string& backend, const std::string& view);

/// The relative L2 error of what a record of the view `layers` computed: forward the output, backward data
/// the gradient of the input, backward weights that of the weights. Empty where that was not verified.
std::optional<double> l2_error(const Report& report, const Record& record);

/// The network of that name; null where there is none.
const ReportedModel* find_model(const Report& report, const std::string& name);

/// "batch 32, 2 ranks × 1 thread": how a record was run.
std::string describe_run(const Record& record);

}  // namespace cnnbench

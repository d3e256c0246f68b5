#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
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

/// The times of a view's records added up. Where they have samples of the same steps the sd is that of the
/// steps' sums; else that of independent times (the root of the sum of squares), and undefined where one of
/// them is. Empty for no records.
std::optional<CombinedTime> combine(View view, const std::vector<const Record*>& records);

/// The samples of records of the layers view added up, step by step; empty where they are not of the same
/// steps.
std::vector<double> summed_samples(const std::vector<const Record*>& records);

/// Directions in the order of the table's columns.
inline constexpr std::array directions = {Direction::forward, Direction::backward_data,
                                          Direction::backward_weights, Direction::reorder};

/// The column of a direction; directions.size() where there is none.
inline std::size_t column_of(Direction direction) {
  return static_cast<std::size_t>(std::find(directions.begin(), directions.end(), direction) -
                                  directions.begin());
}

/// A layer's records; a reorder belongs to the layer that needs it.
struct LayerTimes {
  std::string layer;
  std::string output;
  std::array<const Record*, directions.size()> records{};  ///< a column; null where there is none

  std::vector<const Record*> all() const;
};

/// The layers of a view of them, in the network's order; what is not one of its layers (the loss) comes last.
std::vector<LayerTimes> layer_times(const Model& model, std::span<const Record> records);

/// A layer's place in the network, from 0; behind the last for what is none of its layers.
std::size_t layer_position(const Model& model, const std::string& layer);

/// The relative L2 error of what a record of the view `layers` computed: forward the output, backward data
/// the gradient of the input, backward weights that of the weights. Empty where that was not verified.
std::optional<double> l2_error(const BackendReport& backend, View view, const Record& record);

/// "forward", …; "step" for whole steps.
std::string direction_name(const Record& record);

/// "64x224x224"; "1" for the loss, empty for the network.
std::string output_name(const Record& record);

/// "batch 32, 2 ranks × 1 thread": how a record was run.
std::string describe_run(const Record& record);

}  // namespace cnnbench

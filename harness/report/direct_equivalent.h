#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "harness/report/layer_times.h"
#include "harness/report/report.h"

namespace cnnbench {

/// Whether any of the records is direct-equivalent.
bool any_direct_equivalent(const std::vector<const Record*>& records);

/// In the layers view, the worst relative L2 error of each layer's tensors: "4.3e-07", "0"; "-" where none
/// was verified.
std::vector<std::string> error_cells(const BackendReport& backend, const std::vector<LayerTimes>& layers);

/// Below a table of layers with direct-equivalent rates: what the dagger behind a rate and the column of
/// errors mean, and which layer is furthest above the FMA peak, where that was measured. `training`: errors
/// are those of gradients too. Nothing where no record is direct-equivalent.
void print_direct_equivalent(std::ostream& out, const std::optional<Ceilings>& ceilings, View view,
                             const std::vector<const Record*>& records, bool training);

}  // namespace cnnbench

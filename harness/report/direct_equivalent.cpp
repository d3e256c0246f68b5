#include "harness/report/direct_equivalent.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "harness/report/format.h"

namespace cnnbench {
namespace {

/// ": conv2_2 forward reaches 254 % of it, the most of 12 above it"; empty where none is above.
std::string above_peak(const std::vector<const Record*>& records, double peak) {
  int above = 0;
  double most = 0;
  const Record* highest = nullptr;
  for (const Record* record : records) {
    const double rate = record->direct_equivalent
                            ? 1e9 * gflops_per_second(record->flops, record->summary.mean).value_or(0)
                            : 0;
    if (rate <= peak) continue;
    ++above;
    if (rate <= most) continue;
    most = rate;
    highest = record;
  }
  if (highest == nullptr) return "";
  return fmt::format(": {} {} reaches {:.0f} % of it{}", highest->layer, direction_name(*highest),
                     100 * most / peak, above == 1 ? "" : fmt::format(", the most of {} above it", above));
}

}  // namespace

bool any_direct_equivalent(const std::vector<const Record*>& records) {
  return std::any_of(records.begin(), records.end(), [](const Record* r) { return r->direct_equivalent; });
}

std::vector<std::string> error_cells(const BackendReport& backend, const std::vector<LayerTimes>& layers) {
  std::vector<std::string> cells;
  for (const LayerTimes& layer : layers) {
    std::optional<double> worst;
    for (const Record* record : layer.all())
      if (const auto error = l2_error(backend, View::layers, *record))
        worst = std::max(worst.value_or(0), *error);
    cells.push_back(!worst ? "-" : *worst == 0 ? "0" : fmt::format("{:.1e}", *worst));
  }
  return cells;
}

void print_direct_equivalent(std::ostream& out, const std::optional<Ceilings>& ceilings, View view,
                             const std::vector<const Record*>& records, bool training) {
  if (!any_direct_equivalent(records)) return;
  std::string text =
      "direct-equivalent: the FLOPs of the convolution by its definition, over the time of an algorithm "
      "(Winograd) that multiplies up to five times less";
  if (ceilings)
    text += fmt::format(", which is why it may exceed the FMA peak of {} GFLOP/s (measured, {}, {}){}",
                        short_number(ceilings->fma_flops_per_second / 1e9), ceilings->instruction_set,
                        counted(ceilings->threads, "thread"),
                        above_peak(records, ceilings->fma_flops_per_second));
  text += ".";
  if (view == View::layers)
    text += training ? " error: relative L2, the worst of output and gradients of input and weights."
                     : " error: relative L2, of the output.";
  print_wrapped(out, text, "  ", "† ");
}

}  // namespace cnnbench

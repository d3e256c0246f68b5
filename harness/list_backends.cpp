#include "harness/list_backends.h"

#include <fmt/format.h>

#include <ostream>

#include "harness/backend/backend.h"

namespace cnnbench {
namespace {

Convolution convolution(std::int64_t groups, std::int64_t crop) {
  Convolution conv;
  conv.filters = 16;
  conv.kernel = {3, 3};
  conv.groups = groups;
  conv.crop = crop;
  return conv;
}

Pooling pooling(PoolKind kind, Border border) {
  return {kind, {3, 3}, {2, 2}, {0, 0}, border};
}

/// One small layer of every sort that a backend may or may not run.
std::vector<Layer> probes() {
  return {{"conv", convolution(1, 0)},
          {"conv, groups", convolution(4, 0)},
          {"conv, crop deeper than padding", convolution(1, 1)},
          {"dense", Dense{16, true, Activation::relu}},
          {"max_pool, border dropped", pooling(PoolKind::max, Border::drop)},
          {"max_pool, border kept", pooling(PoolKind::max, Border::keep)},
          {"avg_pool, border dropped", pooling(PoolKind::average, Border::drop)},
          {"avg_pool, border kept", pooling(PoolKind::average, Border::keep)},
          {"activation", ActivationLayer{Activation::tanh}},
          {"dropout", Dropout{}},
          {"flatten", Flatten{}},
          {"softmax", Softmax{}},
          {"lrn", LocalResponseNormalization{}},
          {"batch_norm", BatchNormalization{}},
          {"standardize", Standardize{}}};
}

}  // namespace

void list_backends(std::ostream& out) {
  for (const auto& backend : backends()) {
    out << fmt::format("{} {}", backend->name(), backend->version());
    for (const auto& [key, value] : backend->facts()) out << fmt::format(", {} {}", key, value);
    out << '\n';
    std::string supported;
    std::string unsupported;
    for (const Layer& probe : probes()) {
      const Model model = build_model("probe", "", {16, 8, 8}, {probe}, Loss::l2, {true});
      const std::string reason = backend->unsupported(model.layers[0], Pass::forward_backward);
      if (reason.empty())
        supported += (supported.empty() ? "" : "; ") + probe.name;
      else
        unsupported += fmt::format("  not supported: {} ({})\n", probe.name, reason);
    }
    out << "  passes: forward, forward-backward\n  layers: " << supported << '\n' << unsupported;
  }
}

}  // namespace cnnbench

#include "harness/list_backends.h"

#include <fmt/format.h>

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "harness/backend/choice.h"
#include "harness/report/format.h"
#include "harness/worker/worker.h"

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

/// What a backend supports in a pass, in lines for the user.
std::vector<std::string> support(const Backend& backend, Pass pass) {
  std::string supported;
  std::map<std::string, std::string> unsupported;  // reason → layers
  for (const Layer& probe : probes()) {
    const Model model = build_model("probe", "", {16, 8, 8}, {probe}, Loss::l2, {true});
    const std::string reason = backend.unsupported(model.layers[0], pass);
    std::string& list = reason.empty() ? supported : unsupported[reason];
    list += (list.empty() ? "" : "; ") + probe.name;
  }
  if (unsupported.empty()) return {"all layers"};
  std::vector<std::string> lines;
  if (!supported.empty()) lines.push_back(supported);
  for (const auto& [reason, layers] : unsupported)
    lines.push_back(fmt::format("not supported: {} ({})", layers, reason));
  return lines;
}

void list_backend(std::ostream& out, const Backend& backend) {
  const auto forward = support(backend, Pass::forward);
  const auto training = support(backend, Pass::forward_backward);
  const auto print = [&](const std::string& passes, const std::vector<std::string>& lines) {
    for (const std::string& line : lines)
      print_wrapped(out, line, "    ", "  " + (&line == &lines.front() ? passes + ": " : ""));
  };
  print(forward == training ? "forward, forward-backward" : "forward", forward);
  if (forward != training) print("forward-backward", training);
}

}  // namespace

void list_backends(std::ostream& out) {
  for (const BackendChoice& choice : backend_choices()) {
    const Backend* backend = nullptr;
    std::string state = choice.missing;
    if (state.empty()) try {
        backend = backend_of(choice);
        state = backend->version();
        for (const auto& [key, value] : backend->facts()) state += fmt::format(", {} {}", key, value);
      } catch (const std::exception& error) {
        state = error.what();
      }
    out << fmt::format("{}: {}\n", choice.name, state);
    if (!choice.about.empty()) out << "  " << choice.about << '\n';
    if (backend == nullptr) continue;
    for (const std::string& warning : backend->warnings()) print_wrapped(out, warning, "    ", "  WARNING: ");
    list_backend(out, *backend);
  }
}

}  // namespace cnnbench

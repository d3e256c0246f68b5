#include "harness/backend/backend.h"

#include <stdexcept>

#include "harness/backend/choice.h"
#include "kernels/torch/program.h"
#include "kernels/torch/runtime.h"

namespace cnnbench {
namespace {

/// Without a setting: the fastest, chosen for each program.
class TorchBackend final : public Backend {
 public:
  explicit TorchBackend(const torch::Setting* setting) : setting_(setting) {}

  std::string name() const override { return setting_ == nullptr ? "torch" : "torch:" + setting_->name; }
  std::string version() const override { return torch::library_version(); }
  std::vector<std::pair<std::string, std::string>> facts() const override { return torch::library_facts(); }

  std::string unsupported(const ModelLayer& layer, Pass pass) const override {
    if (setting_ != nullptr && setting_->packed && pass != Pass::forward)
      return "packed weights are for inference: ATen has no backward functions for them";
    if (const auto* pool = std::get_if<Pooling>(&layer.kind))
      if (2 * pool->padding.height > pool->kernel.height || 2 * pool->padding.width > pool->kernel.width)
        return "the padding is more than half of the pooling window, which ATen refuses";
    return "";
  }

  /// The library itself, and its copy of the parameters in the layout of its convolutions and products.
  double extra_bytes(const Model& model, const PrepareOptions&) const override {
    constexpr double library = 90.0 * (1 << 20);
    return library + static_cast<double>(model.parameters()) * sizeof(float);
  }

  std::unique_ptr<Program> prepare(const Model& model, const PrepareOptions& options) const override {
    if (options.batch < 1) throw std::runtime_error(name() + ": the batch must be positive");
    for (const ModelLayer& layer : model.layers)
      if (const std::string reason = unsupported(layer, options.pass); !reason.empty())
        throw std::runtime_error(name() + ": layer " + layer.name + ": " + reason);
    return setting_ == nullptr ? torch::make_fastest_program(model, options)
                               : torch::make_program(model, options, *setting_);
  }

 private:
  const torch::Setting* setting_;
};

}  // namespace

std::vector<BackendChoice> torch_backends() {
  std::vector<BackendChoice> choices{
      {"torch",
       "ATen in its fastest setting, timed at set-up for each network and pass",
       "",
       [] { return std::make_unique<TorchBackend>(nullptr); },
       {}}};
  for (const torch::Setting& setting : torch::settings())
    choices.push_back({"torch:" + setting.name,
                       "ATen in one setting",
                       "",
                       [&setting] { return std::make_unique<TorchBackend>(&setting); },
                       {}});
  return choices;
}

}  // namespace cnnbench

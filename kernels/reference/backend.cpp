#include "kernels/reference/backend.h"

#include "harness/backend/choice.h"
#include "kernels/reference/layers.h"
#include "kernels/reference/program.h"

namespace cnnbench {
namespace reference {
namespace {

class ReferenceOracle final : public Oracle {
 public:
  void evaluate(const LayerData& data, Tensor tensor, std::span<const std::int64_t> elements,
                std::span<Evaluated> values) const override {
    if (data.layer == nullptr || values.size() != elements.size())
      throw std::invalid_argument("evaluate: needs a layer, and one value for every element");
    const ElementRule rule = element_rule(data, tensor);
    const std::int64_t size = tensor_size(*data.layer, tensor, data.batch);
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (elements[i] < 0 || elements[i] >= size) throw std::invalid_argument("evaluate: no such element");
      values[i] = rule(elements[i]);
    }
  }

  double loss(Loss loss, std::int64_t batch, std::span<const float> logits,
              std::span<const std::int32_t> labels, std::span<float> gradient) const override {
    return evaluate_loss(loss, batch, logits, labels, gradient);
  }
};

class ReferenceBackend final : public Backend {
 public:
  std::string name() const override { return "reference"; }
  std::string version() const override { return "1"; }
  std::string unsupported(const ModelLayer&, Pass) const override { return {}; }
  const Oracle* oracle() const override { return &oracle_; }

  /// It keeps every activation, and in training every gradient of one.
  double extra_bytes(const Model& model, const PrepareOptions& options) const override {
    std::int64_t all = 0;
    for (const ModelLayer& layer : model.layers) all += layer.output.size();
    return static_cast<double>(options.batch * all) * sizeof(float);
  }

  std::unique_ptr<Program> prepare(const Model& model, const PrepareOptions& options) const override {
    return std::make_unique<ReferenceProgram>(model, options);
  }

 private:
  ReferenceOracle oracle_;
};

}  // namespace
}  // namespace reference

std::unique_ptr<Backend> make_reference_backend() {
  return std::make_unique<reference::ReferenceBackend>();
}

std::vector<BackendChoice> reference_backends() {
  return {{"reference",
           "plain loops on one thread: the truth that all others are compared with",
           "",
           make_reference_backend,
           {}}};
}

}  // namespace cnnbench

#include "kernels/torch/program.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <stdexcept>

#include "kernels/common/built_program.h"
#include "kernels/torch/buffers.h"
#include "kernels/torch/builder.h"
#include "kernels/torch/runtime.h"

namespace cnnbench::torch {
namespace {

/// Runs a function below autograd; the library's exceptions become ours, without their backtraces.
template <typename Function>
auto guarded(Function function) {
  try {
    const c10::InferenceMode below_autograd;
    return function();
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    throw std::runtime_error("torch: " + message.substr(0, message.find('\n')));
  }
}

/// Destroyed after everything that gives its memory back.
struct TrimAtTheEnd {
  TrimAtTheEnd() = default;
  TrimAtTheEnd(const TrimAtTheEnd&) = delete;
  TrimAtTheEnd& operator=(const TrimAtTheEnd&) = delete;
  ~TrimAtTheEnd() { trim_memory(); }
};

class TorchProgram final : private TrimAtTheEnd, public common::BuiltProgram<Builder> {
 public:
  TorchProgram(const Model& model, const PrepareOptions& options, const Setting& setting)
      : BuiltProgram(model, options, setting) {
    cache_memory();
    set_threads(options.threads);
    guarded([this] {
      input_ = make_input();
      plans_ = common::add_network(builder_, input_, [this](int i) {
        const ModelLayer& layer = layer_at(i);
        return std::visit([&](const auto& kind) { return make_plan(layer, kind); }, layer.kind);
      });
      builder_.plan_releases();
      builder_.place_parameters();
      fill_parameters();
      input_->data = at::empty(input_->dims, at::TensorOptions(at::kFloat), memory_format(input_->layout));
      fill_input();
    });
    trim_memory();  // what the packing left
  }

  void run(std::size_t operation) override {
    Action& action = builder_.actions[operation];
    guarded([&action] {
      // What nobody needs any more, and the tensors of the step before, go first, so that the new ones take
      // their memory.
      for (Value* value : action.releases) value->data.reset();
      for (Value* value : action.writes) value->data.reset();
      action.function();
    });
  }

 private:
  /// Images come as a user would give them to a network of this setting.
  Value* make_input() {
    const bool nhwc = builder_.setting.layout == Layout::channels_last;
    Value* const input = builder_.make_value(to_dims(options_.batch, model_.input),
                                             nhwc ? Layout::channels_last : Layout::plain);
    input->kept = true;
    return input;
  }

  void copy_out(int layer, Tensor tensor, std::span<float> plain) override {
    guarded([&] {
      const at::Tensor found = find(layer, tensor);
      at::from_blob(plain.data(), found.sizes()).copy_(found.is_mkldnn() ? found.to_dense() : found);
    });
  }

  void copy_in(int layer, Tensor tensor, std::span<const float> plain) override {
    guarded([&] {
      at::Tensor to = find(layer, tensor);
      // The library wants mutable memory but only reads it.
      to.copy_(at::from_blob(const_cast<float*>(plain.data()), to.sizes()));
    });
  }

  void repack(int layer, Tensor tensor) override {
    guarded([&] {
      if (const Parameter& written = find_parameter(layer, tensor); written.pack) written.pack();
    });
  }

  const Parameter& find_parameter(int layer, Tensor tensor) const {
    const auto matches = [&](const Parameter& parameter) {
      return parameter.layer == layer && parameter.tensor == tensor;
    };
    const auto found = std::find_if(builder_.parameters.begin(), builder_.parameters.end(), matches);
    if (found == builder_.parameters.end()) throw std::invalid_argument("the layer has no such parameters");
    return *found;
  }

  at::Tensor find(int layer, Tensor tensor) const {
    for (const Tensor parameter : {Tensor::weights, Tensor::bias}) {
      if (tensor == parameter) return find_parameter(layer, parameter).data;
      if (tensor == common::gradient_of(parameter)) return find_parameter(layer, parameter).gradient;
    }
    const at::Tensor found = builder_.values.at(static_cast<std::size_t>(layer)).at(tensor)->tensor();
    if (!found.defined()) throw std::invalid_argument("the layer has no such tensor in this pass");
    return found;
  }

  std::vector<std::unique_ptr<LayerPlan>> plans_;  ///< actions refer to them
  Value* input_ = nullptr;
};

}  // namespace

std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options,
                                      const Setting& setting) {
  return std::make_unique<TorchProgram>(model, options, setting);
}

}  // namespace cnnbench::torch

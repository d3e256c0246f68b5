#include "kernels/onednn/program.h"

#include <omp.h>

#include <algorithm>
#include <stdexcept>

#include "kernels/common/built_program.h"
#include "kernels/onednn/builder.h"
#include "kernels/onednn/winograd.h"

namespace cnnbench::onednn {
namespace {

class OneDnnProgram final : public common::BuiltProgram<Builder> {
 public:
  OneDnnProgram(const Model& model, const PrepareOptions& options, const Variant& variant,
                std::vector<LayerChoice> choices)
      : BuiltProgram(model, options, variant, std::move(choices)) {
    // The library takes its number of threads when primitives are made, and again when they run.
    omp_set_num_threads(options.threads);
    LayerPlan* before = nullptr;
    common::add_network(builder_, builder_.make_input(), [&](int i) {
      std::unique_ptr<LayerPlan> plan = plan_of(i, before);
      before = plan.get();
      return plan;
    });
    // Parameters first: the plain copy that each is packed from is gone before the values take memory.
    builder_.place_parameters();
    fill_parameters();
    builder_.settle_reorders();
    builder_.buffers.allocate(builder_.operations);
    fill_input();
  }

  void run(std::size_t operation) override {
    Action& action = builder_.actions[operation];
    if (action.function) {
      action.function();
      return;
    }
    const dnnl_status_t status =
        dnnl_primitive_execute(action.primitive.get(), builder_.stream.get(),
                               static_cast<int>(action.arguments.size()), action.arguments.data());
    if (status != dnnl_success) throw std::runtime_error("oneDNN could not execute a primitive");
    dnnl_stream_wait(builder_.stream.get());
  }

  std::vector<Replacement> replacements() const override { return builder_.replacements(); }

  bool move_memory() override {
    const bool moved = move_all(builder_.arena, builder_.parameter_copies, builder_.buffers);
    builder_.point_parameters();
    return moved;
  }

 private:
  /// A tensor of a layer.
  struct Where {
    int layer;
    Tensor tensor;
  };

  std::unique_ptr<LayerPlan> plan_of(int index, LayerPlan* before) const {
    const ModelLayer& layer = layer_at(index);
    const LayerChoice& choice = builder_.choices[static_cast<std::size_t>(index)];
    switch (choice.source) {
      case Source::winograd:
        return make_winograd_convolution(layer, choice,
                                         choice.computes_next ? &layer_at(index + 1) : nullptr);
      case Source::layer_before:
        return before->plan_of_next();
      case Source::library:
        break;
    }
    return std::visit([&](const auto& kind) { return make_plan(layer, kind); }, layer.kind);
  }

  void copy_out(int layer, Tensor tensor, std::span<float> plain) override {
    const auto to = [&](const memory& from, const memory::desc& layout, const memory::desc& plain_layout) {
      copy(from, layout, memory(plain_layout, builder_.engine, plain.data()), plain_layout, {layer, tensor});
    };
    if (common::is_parameter(tensor)) {
      const Parameter& parameter = find(layer, tensor);
      const bool gradient = common::is_of_training(tensor);
      return to(gradient ? parameter.gradient : parameter.data, parameter.desc, parameter.plain);
    }
    const Value& value = builder_.values.at(static_cast<std::size_t>(layer)).at(tensor);
    if (!value.compute) return to(value.data, value.desc, plain_desc(value.dims));
    const AlignedBuffer buffer(value.desc.get_size());
    value.compute(static_cast<float*>(buffer.data()));
    to(memory(value.desc, builder_.engine, buffer.data()), value.desc, plain_desc(value.dims));
  }

  void copy_in(int layer, Tensor tensor, std::span<const float> plain) override {
    const auto from = [&](const memory::desc& plain_layout, const memory& to, const memory::desc& layout) {
      // The library takes sources as mutable pointers but does not write to them.
      copy(memory(plain_layout, builder_.engine, const_cast<float*>(plain.data())), plain_layout, to, layout,
           {layer, tensor});
    };
    if (tensor == Tensor::input) {
      const Value& input = builder_.values.front().input;
      return from(plain_desc(input.dims), input.data, input.desc);
    }
    const Parameter& parameter = find(layer, tensor);
    from(parameter.plain, parameter.data, parameter.desc);
  }

  void repack(int layer, Tensor tensor) override {
    for (const std::function<void()>& make_copy : find(layer, tensor).refresh) make_copy();
  }

  const Parameter& find(int layer, Tensor tensor) const {
    const auto matches = [&](const Parameter& parameter) {
      return parameter.layer == layer &&
             (parameter.tensor == tensor || common::gradient_of(parameter.tensor) == tensor);
    };
    const auto found = std::find_if(builder_.parameters.begin(), builder_.parameters.end(), matches);
    if (found == builder_.parameters.end()) throw std::invalid_argument("the layer has no such parameters");
    return *found;
  }

  void copy(const memory& from, const memory::desc& from_layout, const memory& to,
            const memory::desc& to_layout, const Where& where) {
    Reorder reorder(builder_.engine, from_layout, to_layout);
    reorder.run(builder_.stream, from, to);
    builder_.note(where.layer, "copy of its " + std::string(to_string(where.tensor)), reorder);
  }
};

}  // namespace

std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options,
                                      const Variant& variant, std::vector<LayerChoice> choices) {
  return std::make_unique<OneDnnProgram>(model, options, variant, std::move(choices));
}

}  // namespace cnnbench::onednn

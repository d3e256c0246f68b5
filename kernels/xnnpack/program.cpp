#include "kernels/xnnpack/program.h"

#include <algorithm>
#include <stdexcept>

#include "kernels/common/built_program.h"
#include "kernels/xnnpack/builder.h"

namespace cnnbench::xnnpack {
namespace {

void check(xnn_status status, const ModelLayer& layer, const char* what) {
  if (status == xnn_status_success) return;
  if (status == xnn_status_out_of_memory) throw std::bad_alloc();
  throw std::runtime_error("xnnpack: layer " + layer.name + ": the library could not " + what +
                           " its operator (status " + std::to_string(static_cast<int>(status)) + ")");
}

class XnnpackProgram final : public common::BuiltProgram<Builder> {
 public:
  XnnpackProgram(const Model& model, const PrepareOptions& options) : BuiltProgram(model, options) {
    build();
    builder_.arena.allocate(false, XNN_EXTRA_BYTES);
    fill_parameters();
    builder_.buffers.allocate(builder_.operations);
    operators_.resize(builder_.actions.size());
    create_all();
    fill_input();
  }

  void run(std::size_t operation) override {
    const Action& action = builder_.actions[operation];
    if (action.loop)
      builder_.pool.run(action.count, action.loop, is_last(operation));
    else
      check(xnn_run_operator(operators_[operation].handle.get(), builder_.pool.get()), layer_at(action.layer),
            "run");
  }

  bool move_memory() override {
    const bool moved = move_all(builder_.arena, builder_.buffers);
    create_all();  // what they have packed, and their addresses
    return moved;
  }

 private:
  struct DeleteOperator {
    void operator()(xnn_operator_t op) const { xnn_delete_operator(op); }
  };
  struct Operator {
    compat::Workspace workspace;
    std::unique_ptr<xnn_operator, DeleteOperator> handle;
  };

  /// `outer` tensors of shape `inner` as they lie in memory: see Parameter.
  struct Array {
    float* data;
    std::int64_t outer;
    Shape inner;
    bool hwc;
  };

  void build() {
    Value value = builder_.make_input();
    for (std::size_t i = 0; i < model_.layers.size(); ++i) {
      const ModelLayer& layer = model_.layers[i];
      builder_.begin_layer(static_cast<int>(i));
      builder_.values[i].input = value;
      value =
          std::visit([&](const auto& kind) { return add_layer(builder_, layer, kind, value); }, layer.kind);
      builder_.values[i].output = value;
    }
  }

  /// Makes an operator anew; nothing for a loop.
  void create(std::size_t index) {
    const Action& action = builder_.actions[index];
    if (action.loop) return;
    Operator& op = operators_[index];
    op.handle.reset();
    xnn_operator_t created = nullptr;
    check(action.create(is_last(index) ? XNN_FLAG_YIELD_WORKERS : 0, &created), layer_at(action.layer),
          "create");
    op.handle.reset(created);
    check(action.set_up(created, op.workspace), layer_at(action.layer), "set up");
  }

  void create_all() {
    for (std::size_t i = 0; i < operators_.size(); ++i) create(i);
  }

  bool is_last(std::size_t operation) const { return operation + 1 == builder_.actions.size(); }

  /// The library packed a copy of its own.
  void repack(int layer, Tensor) override {
    for (std::size_t i = 0; i < operators_.size(); ++i)
      if (builder_.actions[i].layer == layer) create(i);
  }

  Array find(int layer, Tensor tensor) const {
    if (!common::is_parameter(tensor)) {
      const Value& value = builder_.values.at(static_cast<std::size_t>(layer)).at(tensor);
      return {builder_.data(value), options_.batch, value.shape, value.nhwc};
    }
    const auto found =
        std::find_if(builder_.parameters.begin(), builder_.parameters.end(),
                     [&](const Parameter& each) { return each.layer == layer && each.tensor == tensor; });
    if (found == builder_.parameters.end()) throw std::invalid_argument("the layer has no such tensor");
    return {builder_.data(*found), found->outer, found->inner, found->hwc};
  }

  void copy_out(int layer, Tensor tensor, std::span<float> plain) override {
    const Array from = find(layer, tensor);
    const std::int64_t size = from.inner.size();
    if (!from.hwc) return static_cast<void>(std::copy_n(from.data, from.outer * size, plain.begin()));
    for (std::int64_t first = 0; first < from.outer * size; first += size)
      transpose(from.data + first, from.inner.height * from.inner.width, from.inner.channels,
                plain.data() + first);
  }

  void copy_in(int layer, Tensor tensor, std::span<const float> plain) override {
    const Array to = find(layer, tensor);
    const std::int64_t size = to.inner.size();
    if (!to.hwc) return static_cast<void>(std::ranges::copy(plain, to.data));
    for (std::int64_t first = 0; first < to.outer * size; first += size)
      transpose(plain.data() + first, to.inner.channels, to.inner.height * to.inner.width, to.data + first);
  }

  std::vector<Operator> operators_;
};

}  // namespace

std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options) {
  return std::make_unique<XnnpackProgram>(model, options);
}

}  // namespace cnnbench::xnnpack

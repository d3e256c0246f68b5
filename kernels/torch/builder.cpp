#include "kernels/torch/builder.h"

#include <c10/util/accumulate.h>

#include <algorithm>
#include <set>

#include "kernels/common/buffer_plan.h"

namespace cnnbench::torch {
namespace {

/// With one channel or one pixel, both orders are the same.
bool same_order(const Sizes& dims) {
  return dims[1] == 1 || (dims[2] == 1 && dims[3] == 1);
}

std::string reorder_name(Layout from, Layout to) {
  if (to == Layout::opaque) return "to_mkldnn";
  if (from == Layout::opaque) return "to_dense";
  return to == Layout::plain ? "contiguous" : "contiguous(channels_last)";
}

/// "nchw", "nhwc", "opaque": of these values, each once.
std::string layouts_of(const std::vector<Value*>& values) {
  std::string names;
  std::set<Layout> known;
  for (const Value* value : values) {
    if (!known.insert(value->layout).second) continue;
    names += (names.empty() ? "" : ", ");
    names += value->layout == Layout::plain ? "nchw" : value->layout == Layout::opaque ? "opaque" : "nhwc";
  }
  return names;
}

/// "nhwc → nchw"; one name where both are alike or there is one alone.
std::string layouts_of(const std::vector<Value*>& reads, const std::vector<Value*>& writes) {
  const std::string from = layouts_of(reads);
  const std::string to = layouts_of(writes);
  return from == to || to.empty() ? from : from + " → " + to;
}

}  // namespace

Sizes to_dims(std::int64_t batch, const Shape& shape) {
  return {batch, shape.channels, shape.height, shape.width};
}

at::MemoryFormat memory_format(Layout layout) {
  return layout == Layout::channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

Value* Builder::make_value(const Sizes& dims, Layout layout) {
  Value& value = all_.emplace_back();
  value.dims = dims;
  value.layout = layout;
  value.kept = training() && !backward_;
  return &value;
}

Value* Builder::in_layout(Value* value, Layout wanted) {
  const bool opaque = value->layout == Layout::opaque || wanted == Layout::opaque;
  if (value->layout == wanted || (!opaque && same_order(value->dims))) return value;
  Value* const copy = make_value(value->dims, wanted);
  add(Direction::reorder, reorder_name(value->layout, wanted), {value}, {copy}, [value, copy, wanted] {
    if (wanted == Layout::opaque) {
      copy->data = value->tensor().to_mkldnn();
      return;
    }
    const at::Tensor given = value->tensor();
    const at::Tensor dense = given.is_mkldnn() ? given.to_dense() : given;
    copy->data = dense.contiguous(memory_format(wanted));
  });
  return copy;
}

Value* Builder::with_dims(Value* value, const Sizes& dims) {
  if (value->dims == dims) return value;
  Value* const view = make_value(dims, Layout::plain);
  view->base = in_layout(value, Layout::plain);
  return view;
}

void Builder::add(Direction direction, const std::string& implementation, std::vector<Value*> reads,
                  std::vector<Value*> writes, std::function<void()> function) {
  operations.push_back({layer(), direction, full_name(implementation), layouts_of(reads, writes)});
  for (Value*& value : reads) value = value->owner();
  actions.push_back({std::move(function), std::move(reads), std::move(writes), {}});
}

std::string Builder::full_name(const std::string& implementation) const {
  return "aten " + setting.name + ": " + implementation;
}

bool Builder::distrusted(Direction direction, const std::string& implementation) const {
  if (layer() >= static_cast<int>(model.layers.size())) return false;
  const Distrusted one{model.layers[static_cast<std::size_t>(layer())].name, direction,
                       full_name(implementation)};
  return std::find(options.distrusted.begin(), options.distrusted.end(), one) != options.distrusted.end();
}

Parameter* Builder::add_parameter(Tensor tensor, const Sizes& dims, Layout layout) {
  Parameter& parameter = parameters.emplace_back();
  parameter.layer = layer();
  parameter.tensor = tensor;
  parameter.dims = dims;
  parameter.layout = layout;
  arena.add(layer(), tensor, static_cast<std::size_t>(c10::multiply_integers(dims)));
  return &parameter;
}

void Builder::place_parameters() {
  arena.allocate(training());
  for (Parameter& parameter : parameters) {
    const auto view = [&, d = parameter.dims](Tensor tensor) {
      float* const data = arena.find(parameter.layer, tensor).data();
      if (parameter.layout != Layout::channels_last) return at::from_blob(data, d);
      return at::from_blob(data, {d[0], d[2], d[3], d[1]}).permute({0, 3, 1, 2});
    };
    parameter.data = view(parameter.tensor);
    if (training()) parameter.gradient = view(common::gradient_of(parameter.tensor));
  }
}

void Builder::plan_releases() {
  const std::vector<std::size_t> ends = common::last_of_layer(operations);
  const auto last = static_cast<std::ptrdiff_t>(operations.size()) - 1;
  const auto extend = [](Value* value, std::size_t operation) {
    value->release_after = std::max(value->release_after, static_cast<std::ptrdiff_t>(operation));
  };
  for (std::size_t i = 0; i < actions.size(); ++i) {
    // A layer's operations may run again.
    for (Value* value : actions[i].reads) extend(value, ends[i]);
    // What is written may be read from outside until the next layer has run; the last until the next step.
    const std::size_t next = ends[i] + 1;
    for (Value* value : actions[i].writes) extend(value, next < ends.size() ? ends[next] : next);
  }
  for (Value& value : all_)
    if (!value.kept && value.release_after >= 0 && value.release_after < last)
      actions[static_cast<std::size_t>(value.release_after) + 1].releases.push_back(&value);
}

}  // namespace cnnbench::torch

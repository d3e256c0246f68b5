#include "kernels/torch/builder.h"

#include <algorithm>
#include <set>

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
  operations.push_back({layer_, direction, full_name(implementation), 1, layouts_of(reads, writes)});
  for (Value*& value : reads) value = value->owner();
  actions.push_back({std::move(function), std::move(reads), std::move(writes), {}});
}

std::string Builder::full_name(const std::string& implementation) const {
  return "aten " + setting.name + ": " + implementation;
}

bool Builder::distrusted(Direction direction, const std::string& implementation) const {
  if (layer_ >= static_cast<int>(model.layers.size())) return false;
  const Distrusted one{model.layers[static_cast<std::size_t>(layer_)].name, direction,
                       full_name(implementation)};
  return std::find(options.distrusted.begin(), options.distrusted.end(), one) != options.distrusted.end();
}

Parameter* Builder::add_parameter(Tensor tensor, const Sizes& dims, Layout layout) {
  Parameter& parameter = parameters.emplace_back();
  parameter.layer = layer_;
  parameter.tensor = tensor;
  parameter.dims = dims;
  parameter.layout = layout;
  return &parameter;
}

void Builder::plan_releases() {
  // Runs of operations of one layer, in order: layers forward, the loss, layers backward.
  std::vector<std::size_t> segment_of(operations.size());
  std::vector<std::size_t> segment_ends;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (i == 0 || operations[i].layer != operations[i - 1].layer) segment_ends.push_back(i);
    segment_of[i] = segment_ends.size() - 1;
    segment_ends.back() = i;
  }
  const auto last = static_cast<std::ptrdiff_t>(operations.size()) - 1;
  const auto extend = [](Value* value, std::ptrdiff_t operation) {
    value->release_after = std::max(value->release_after, operation);
  };
  for (std::size_t i = 0; i < actions.size(); ++i) {
    // A layer's operations may run again.
    for (Value* value : actions[i].reads)
      extend(value, static_cast<std::ptrdiff_t>(segment_ends[segment_of[i]]));
    // What is written may be read from outside until the next layer has run; the last until the next step.
    const std::size_t next = segment_of[i] + 1;
    for (Value* value : actions[i].writes)
      extend(value, next < segment_ends.size() ? static_cast<std::ptrdiff_t>(segment_ends[next]) : last + 1);
  }
  for (Value& value : all_)
    if (!value.kept && value.release_after >= 0 && value.release_after < last)
      actions[static_cast<std::size_t>(value.release_after) + 1].releases.push_back(&value);
}

}  // namespace cnnbench::torch

#include "kernels/onednn/builder.h"

#include "kernels/onednn/winograd.h"
#include "kernels/onednn/winograd_choice.h"

namespace cnnbench::onednn {
namespace {

/// True where both descriptors put every element at the same place. Dimensions of one pixel have strides that
/// mean nothing but make descriptors differ.
bool same_layout(const memory::desc& a, const memory::desc& b, const memory::dims& dims) {
  if (a == b) return true;
  if (dims[2] != 1 || dims[3] != 1) return false;
  const memory::dims matrix{dims[0], dims[1]};
  const memory::desc flat_a = a.reshape(matrix, true);
  const memory::desc flat_b = b.reshape(matrix, true);
  return flat_a == flat_b && flat_a != memory::desc();
}

/// The library's Winograd is F(4×4, 3×3) with the points 0, ±5/8, ±3/2 and ∞. Where intermediate results of
/// one size are rounded at random, an output's error grows, against that of the direct sum, by
/// max_i Σ_l A_il² |G_l|² |B_l|² / 3 in two dimensions, with the rows A_i, G_l, B_l of its transforms (after
/// Barabasz et al. 2018, "Error Analysis and Improving the Accuracy of Winograd Convolution for DNNs"): 8.2,
/// and 6.6 for the gradient of the weights.
double error_growth(const std::string& implementation) {
  return implementation.find("wino") == std::string::npos ? 1 : 8.2;
}

}  // namespace

bool can_reorder(const dnnl::engine& engine, const memory::desc& from, const memory::desc& to) {
  try {
    return static_cast<bool>(dnnl::reorder::primitive_desc(engine, from, engine, to));
  } catch (const dnnl::error&) {
    return false;
  }
}

memory::desc plain_desc(const memory::dims& dims) {
  return memory::desc(dims, memory::data_type::f32, memory::format_tag::nchw);
}

memory::desc any_desc(const memory::dims& dims) {
  return memory::desc(dims, memory::data_type::f32, memory::format_tag::any);
}

memory::dims to_dims(std::int64_t batch, const Shape& shape) {
  return {batch, shape.channels, shape.height, shape.width};
}

Builder::Builder(const Model& the_model, const PrepareOptions& the_options, const Variant& the_variant)
    : model(the_model),
      options(the_options),
      variant(the_variant),
      engine(dnnl::engine::kind::cpu, 0),
      stream(engine),
      values(the_model.layers.size() + 1),
      choices(layer_choices(the_model, the_options, the_variant)),
      pooled(layers_pooled_by_winograd(the_model, choices)) {}

memory::desc Builder::source_desc(const memory::dims& dims) const {
  return activation_desc(
      dims, next_to_winograd(model, choices, layer_, -1) && next_to_winograd(model, choices, layer_, 1));
}

memory::desc Builder::destination_desc(const memory::dims& dims) const {
  return activation_desc(dims, next_to_winograd(model, choices, layer_, 1));
}

memory::desc Builder::activation_desc(const memory::dims& dims, bool shared) const {
  if (variant.plain_layout && dims.size() == 4) return plain_desc(dims);
  return shared && dims.size() == 4 ? blocked_desc(dims) : any_desc(dims);
}

Value Builder::make_value(const memory::dims& dims, const memory::desc& desc) {
  const bool kept = training() && !backward_;
  const std::size_t bytes = desc.get_size();
  // What is kept must not hold on to a free buffer that is far larger, such as scratch memory.
  Value value;
  value.dims = dims;
  value.desc = desc;
  value.data = memory(desc, engine, DNNL_MEMORY_NONE);
  value.buffer = kept ? buffers.dedicate(bytes) : buffers.acquire(bytes);
  value.kept = kept;
  value.writable = true;
  buffers.bind(value.data, value.buffer);
  return value;
}

Value Builder::view(const Value& value, const memory::dims& dims, const memory::desc& desc) {
  Value result = value;
  result.dims = dims;
  result.desc = desc;
  result.data = memory(desc, engine, DNNL_MEMORY_NONE);
  buffers.bind(result.data, result.buffer);
  return result;
}

void Builder::discard(const Value& value) {
  if (value && !value.kept) buffers.release(value.buffer);
}

Value Builder::in_layout(const Value& value, const memory::desc& wanted) {
  if (value.desc == wanted) return value;
  if (same_layout(value.desc, wanted, value.dims)) return view(value, value.dims, wanted);
  Value copy = make_value(value.dims, wanted);
  copy.through_relu = value.through_relu;
  const dnnl::reorder::primitive_desc reorder(engine, value.desc, engine, wanted);
  add(Direction::reorder, reorder.impl_info_str(), dnnl::reorder(reorder),
      {{DNNL_ARG_FROM, value.data}, {DNNL_ARG_TO, copy.data}});
  return copy;
}

Value Builder::converted(const Value& value, const memory::desc& wanted) {
  Value result = in_layout(value, wanted);
  if (result.buffer != value.buffer) discard(value);
  return result;
}

Value Builder::with_dims(const Value& value, const memory::dims& dims) {
  if (value.dims == dims) return value;
  return view(converted(value, plain_desc(value.dims)), dims, plain_desc(dims));
}

void Builder::add(Direction direction, const std::string& implementation, const dnnl::primitive& primitive,
                  Arguments arguments) {
  Action action;
  action.primitive = primitive;
  for (const auto& [name, data] : arguments) {
    if (!data) continue;  // an optional argument that this layer does not have
    action.arguments.push_back({name, data.get()});
    held.push_back(data);
  }
  operations.push_back({layer_, direction, implementation, error_growth(implementation)});
  actions.push_back(std::move(action));
}

void Builder::add(Direction direction, const std::string& implementation, std::function<void()> function,
                  double growth) {
  operations.push_back({layer_, direction, implementation, growth});
  actions.push_back({{}, {}, std::move(function)});
}

memory Builder::scratch(std::int64_t floats) {
  const memory data({{floats}, memory::data_type::f32, memory::format_tag::x}, engine, DNNL_MEMORY_NONE);
  scratch_.push_back(buffers.acquire(data.get_desc().get_size()));
  buffers.bind(data, scratch_.back());
  return data;
}

void Builder::release_scratch() {
  for (const int buffer : scratch_) buffers.release(buffer);
  scratch_.clear();
}

std::size_t Builder::add_parameter(Tensor tensor, const memory::desc& plain, const memory::desc& desc) {
  Parameter parameter;
  parameter.layer = layer_;
  parameter.tensor = tensor;
  parameter.plain = plain;
  parameter.desc = desc;
  parameter.data = memory(desc, engine, DNNL_MEMORY_NONE);
  if (training()) parameter.gradient = memory(desc, engine, DNNL_MEMORY_NONE);
  parameters.push_back(std::move(parameter));
  return parameters.size() - 1;
}

memory Builder::parameter_as(std::size_t index, const memory::desc& wanted) {
  Parameter& parameter = parameters[index];
  if (parameter.desc == wanted) return parameter.data;
  const memory copy(wanted, engine, DNNL_MEMORY_NONE);
  parameter_copies.bind(copy, parameter_copies.dedicate(wanted.get_size()));
  const dnnl::reorder::primitive_desc desc(engine, parameter.desc, engine, wanted);
  const dnnl::reorder reorder(desc);
  parameter.refresh.push_back([this, reorder, from = parameter.data, copy] {
    dnnl::reorder(reorder).execute(stream, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, copy}});
    stream.wait();
  });
  if (options.pass == Pass::train)
    add(Direction::reorder, desc.impl_info_str(), reorder,
        {{DNNL_ARG_FROM, parameter.data}, {DNNL_ARG_TO, copy}});
  return copy;
}

memory Builder::parameter_copy(std::size_t index, std::int64_t floats,
                               std::function<void(const memory&)> make) {
  const memory copy({{floats}, memory::data_type::f32, memory::format_tag::x}, engine, DNNL_MEMORY_NONE);
  parameter_copies.bind(copy, parameter_copies.dedicate(copy.get_desc().get_size()));
  parameters[index].refresh.push_back([copy, make = std::move(make)] { make(copy); });
  return copy;
}

}  // namespace cnnbench::onednn

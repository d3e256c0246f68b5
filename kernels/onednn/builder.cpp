#include "kernels/onednn/builder.h"

#include <algorithm>

#include "kernels/onednn/layout.h"

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
constexpr double winograd_error_growth = 8.2;

/// Of the activations, gradients and gradients of weights among a primitive's arguments. The destination of
/// forward is read in the backward part.
std::string activation_layouts(Arguments arguments) {
  std::vector<memory::desc> reads, writes, forward;
  for (const auto& [name, data] : arguments) {
    if (!data) continue;
    if (name == DNNL_ARG_SRC || name == DNNL_ARG_DIFF_DST) reads.push_back(data.get_desc());
    if (name == DNNL_ARG_DIFF_SRC || name == DNNL_ARG_DIFF_WEIGHTS) writes.push_back(data.get_desc());
    if (name == DNNL_ARG_DST) forward.push_back(data.get_desc());
  }
  (writes.empty() ? writes : reads)
      .insert((writes.empty() ? writes : reads).end(), forward.begin(), forward.end());
  return layouts_of(reads, writes);
}

}  // namespace

bool is_librarys_winograd(const std::string& implementation) {
  return implementation.find("wino") != std::string::npos;
}

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

float* floats(const memory& data) {
  return data ? static_cast<float*>(data.get_data_handle()) : nullptr;
}

Builder::Builder(const Model& of, const PrepareOptions& with, const Variant& in,
                 std::vector<LayerChoice> chosen)
    : BuilderBase(of, with),
      variant(in),
      choices(std::move(chosen)),
      engine(dnnl::engine::kind::cpu, 0),
      stream(engine),
      values(of.layers.size() + 1) {}

memory::desc Builder::source_desc(const memory::dims& dims) const {
  return activation_desc(dims, choice().blocked_input);
}

memory::desc Builder::destination_desc(const memory::dims& dims) const {
  return activation_desc(dims, choice().blocked_output);
}

memory::desc Builder::activation_desc(const memory::dims& dims, bool blocked) const {
  if (variant.plain_layout && dims.size() == 4) return plain_desc(dims);
  return blocked && dims.size() == 4 ? blocked_desc(dims) : any_desc(dims);
}

Value Builder::make_value(const memory::dims& dims, const memory::desc& desc) {
  const bool kept = training() && !backward_;
  Value value =
      in_buffer(dims, desc, kept ? buffers.dedicate(desc.get_size()) : buffers.add(desc.get_size()));
  value.writable = true;
  return value;
}

Value Builder::make_input() {
  const memory::desc desc = plain_desc(to_dims(options.batch, model.input));
  return in_buffer(to_dims(options.batch, model.input), desc, buffers.dedicate(desc.get_size()));
}

Value Builder::in_buffer(const memory::dims& dims, const memory::desc& desc, int buffer) {
  Value value;
  value.dims = dims;
  value.desc = desc;
  value.data = memory(desc, engine, DNNL_MEMORY_NONE);
  value.buffer = buffer;
  buffers.bind(value.data, buffer);
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

Value Builder::in_layout(const Value& value, const memory::desc& wanted) {
  if (value.desc == wanted) return value;
  if (same_layout(value.desc, wanted, value.dims)) return view(value, value.dims, wanted);
  const Value copy = make_value(value.dims, wanted);
  add_reorder(std::make_shared<Reorder>(engine, value.desc, wanted, library(Direction::reorder).trusted),
              value.data, copy.data);
  return copy;
}

/// What runs is known when set-up is over: see settle_reorders.
void Builder::add_reorder(const std::shared_ptr<Reorder>& reorder, const memory& from, const memory& to) {
  add(Direction::reorder, reorder->implementation(), reorder->primitive(),
      {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  if (!reorder->primitive()) actions.back().function = [reorder, from, to] { reorder->walk(from, to); };
}

void Builder::settle_reorders() {
  for (const auto& [operation, reorder] : repeated_reorders) {
    operations[operation].implementation = reorder->implementation();
    Action& action = actions[operation];
    action.primitive = reorder->primitive();
    if (action.primitive) continue;
    const memory from(action.arguments[0].memory, true);
    const memory to(action.arguments[1].memory, true);
    action.function = [reorder = reorder, from, to] { reorder->walk(from, to); };
  }
}

compat::Library Builder::library(Direction direction) const {
  const std::string name = layer() < static_cast<int>(model.layers.size())
                               ? model.layers[static_cast<std::size_t>(layer())].name
                               : "loss";
  std::vector<std::string> wrong;
  for (const Distrusted& each : options.distrusted)
    if (each.layer == name && each.direction == direction) wrong.push_back(each.implementation);
  return {engine, [wrong](const std::string& implementation) {
            return std::find(wrong.begin(), wrong.end(), implementation) == wrong.end();
          }};
}

void Builder::note(int layer, const std::string& what, const Reorder& reorder) {
  for (const WrongReorder& wrong : reorder.wrong()) {
    const Replacement found{layer, what + reorder.between(), wrong.implementation, wrong.taken,
                            wrong.message};
    const auto same = [&](const Replacement& other) {
      return other.layer == found.layer && other.operation == found.operation &&
             other.implementation == found.implementation;
    };
    if (std::none_of(replacements_.begin(), replacements_.end(), same)) replacements_.push_back(found);
  }
}

Value Builder::with_dims(const Value& value, const memory::dims& dims) {
  if (value.dims == dims) return value;
  return view(in_layout(value, plain_desc(value.dims)), dims, plain_desc(dims));
}

void Builder::add(Direction direction, const std::string& implementation, const dnnl::primitive& primitive,
                  Arguments arguments) {
  Action action;
  action.primitive = primitive;
  for (const auto& [name, data] : arguments) {
    if (!data) continue;  // an optional argument that this layer does not have
    buffers.use(data, operations.size());
    action.arguments.push_back({name, data.get()});
    held.push_back(data);
  }
  operations.push_back({layer(), direction, implementation, activation_layouts(arguments)});
  if (is_librarys_winograd(implementation)) {
    operations.back().algorithm = Algorithm::winograd;
    operations.back().error_growth = winograd_error_growth;
  }
  actions.push_back(std::move(action));
}

Operation& Builder::add(Direction direction, const std::string& implementation,
                        std::initializer_list<memory> uses, std::function<void()> function,
                        const std::string& layout) {
  for (const memory& data : uses) buffers.use(data, operations.size());
  operations.push_back({layer(), direction, implementation, layout});
  actions.push_back({{}, {}, std::move(function)});
  return operations.back();
}

memory Builder::scratch(std::int64_t floats) {
  const memory data({{floats}, memory::data_type::f32, memory::format_tag::x}, engine, DNNL_MEMORY_NONE);
  buffers.bind(data, buffers.add(data.get_desc().get_size()));
  return data;
}

std::size_t Builder::add_parameter(Tensor tensor, const memory::desc& plain, const memory::desc& desc) {
  Parameter parameter;
  parameter.layer = layer();
  parameter.tensor = tensor;
  parameter.plain = plain;
  parameter.desc = desc;
  parameter.data = memory(desc, engine, DNNL_MEMORY_NONE);
  if (training()) parameter.gradient = memory(desc, engine, DNNL_MEMORY_NONE);
  parameters.push_back(std::move(parameter));
  arena.add(layer(), tensor, desc.get_size() / sizeof(float));
  return parameters.size() - 1;
}

memory Builder::parameter_as(std::size_t index, const memory::desc& wanted) {
  Parameter& parameter = parameters[index];
  if (parameter.desc == wanted) return parameter.data;
  const memory copy(wanted, engine, DNNL_MEMORY_NONE);
  parameter_copies.bind(copy, parameter_copies.dedicate(wanted.get_size()));
  const auto reorder =
      std::make_shared<Reorder>(engine, parameter.desc, wanted, library(Direction::reorder).trusted);
  const std::string what = parameter.tensor == Tensor::weights ? "weights" : "bias";
  parameter.refresh.push_back([this, reorder, from = parameter.data, copy, layer = layer(), what] {
    reorder->run(stream, from, copy);
    note(layer, "further copy of its " + what, *reorder);
  });
  if (options.pass == Pass::train) {
    repeated_reorders.emplace_back(operations.size(), reorder);
    add_reorder(reorder, parameter.data, copy);
  }
  return copy;
}

memory Builder::parameter_copy(std::size_t index, std::int64_t floats,
                               std::function<void(const memory&)> make) {
  const memory copy({{floats}, memory::data_type::f32, memory::format_tag::x}, engine, DNNL_MEMORY_NONE);
  parameter_copies.bind(copy, parameter_copies.dedicate(copy.get_desc().get_size()));
  parameters[index].refresh.push_back([copy, make = std::move(make)] { make(copy); });
  return copy;
}

void Builder::place_parameters() {
  arena.allocate(training());
  parameter_copies.allocate({});
  point_parameters();
}

void Builder::point_parameters() {
  for (Parameter& parameter : parameters) {
    const auto find = [&](Tensor tensor) { return arena.find(parameter.layer, tensor).data(); };
    parameter.data.set_data_handle(find(parameter.tensor));
    if (training()) parameter.gradient.set_data_handle(find(common::gradient_of(parameter.tensor)));
  }
}

}  // namespace cnnbench::onednn

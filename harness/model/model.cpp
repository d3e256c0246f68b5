#include "harness/model/model.h"

#include <algorithm>
#include <set>

#include "harness/model/cost.h"

namespace cnnbench {
namespace {

// Limits on one image's totals, so that no product with a batch of up to 2^20 leaves 64 bits.
constexpr std::int64_t most_elements = std::int64_t{1} << 38;
constexpr std::int64_t most_flops = std::int64_t{1} << 41;

/// a·b, held at a value far above every limit, so that a product of many factors can be checked once, at its
/// end.
std::int64_t capped_product(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t cap = std::int64_t{1} << 62;
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? cap : std::min(product, cap);
}

/// One side (height or width) of a window that slides over an image.
struct Window {
  std::int64_t input;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t before = 0;
  std::int64_t after = 0;
  std::int64_t output = 0;

  /// Outputs for the padding as it stands, the last window inside (floor) or hanging over (ceil) the padded
  /// image. A first window that is larger than that image hangs over, too.
  void count(bool ceil) {
    const std::int64_t room = input + before + after - kernel + (ceil ? stride - 1 : 0);
    output = room < 0 ? 0 : room / stride + 1;
  }

  /// Sets `after` to what the windows really reach; elements that a stride leaves over at the end are not a
  /// crop.
  void settle_after() {
    after = (output - 1) * stride + kernel - input - before;
    if (after < 0 && after > -stride) after = 0;
  }
};

Window convolution_window(const Convolution& conv, std::int64_t input, std::int64_t kernel,
                          std::int64_t stride, std::int64_t padding) {
  Window window{input, kernel, stride};
  switch (conv.padding_rule) {
    case PaddingRule::explicit_size:
      window.before = window.after = padding;
      break;
    case PaddingRule::full:
      window.before = window.after = kernel - 1;
      break;
    case PaddingRule::same: {
      const std::int64_t outputs = (input + stride - 1) / stride;
      const std::int64_t total = std::max<std::int64_t>((outputs - 1) * stride + kernel - input, 0);
      window.before = total / 2;
      window.after = total - total / 2;
      break;
    }
  }
  window.count(false);
  window.output = std::max<std::int64_t>(window.output - 2 * conv.crop, 0);
  window.before -= conv.crop * stride;
  return window;
}

Window pooling_window(const Pooling& pool, std::int64_t input, std::int64_t kernel, std::int64_t stride,
                      std::int64_t padding) {
  Window window{input, kernel, stride, padding, padding};
  window.count(pool.border == Border::keep);
  // A kept last window must begin inside the image or the padding before it, else it would hold nothing.
  if (window.output > 1 && (window.output - 1) * stride >= input + padding) --window.output;
  return window;
}

class Builder {
 public:
  Builder(Model& model, int index) : index_(index), layer_(model.layers[static_cast<std::size_t>(index)]) {}

  void operator()(const Convolution& conv) {
    const Shape& in = layer_.input;
    if (in.channels % conv.groups != 0 || conv.filters % conv.groups != 0)
      fail("groups: " + std::to_string(conv.groups) + " does not divide both the " +
           std::to_string(in.channels) + " input channels and the " + std::to_string(conv.filters) +
           " filters");
    place(convolution_window(conv, in.height, conv.kernel.height, conv.stride.height, conv.padding.height),
          convolution_window(conv, in.width, conv.kernel.width, conv.stride.width, conv.padding.width),
          conv.filters,
          conv.crop > 0 ? " after cropping " + std::to_string(conv.crop) + " from every side" : "");
    layer_.weights = capped_product(conv.filters * (in.channels / conv.groups),
                                    capped_product(conv.kernel.height, conv.kernel.width));
    layer_.biases = conv.bias ? conv.filters : 0;
  }

  void operator()(const Pooling& pool) {
    const Shape& in = layer_.input;
    if (pool.padding.height >= pool.kernel.height || pool.padding.width >= pool.kernel.width)
      fail("padding must be smaller than the pooling window");
    place(pooling_window(pool, in.height, pool.kernel.height, pool.stride.height, pool.padding.height),
          pooling_window(pool, in.width, pool.kernel.width, pool.stride.width, pool.padding.width),
          in.channels, "");
  }

  void operator()(const Dense& dense) {
    layer_.output = {dense.units, 1, 1};
    layer_.weights = capped_product(dense.units, layer_.input.size());
    layer_.biases = dense.bias ? dense.units : 0;
    // A unit sees all pixels; flattening only hides that there are several.
    flatten();
    grow_field(flattened, {1, 1});
    flattened = {1, 1};
  }

  void operator()(const Flatten&) {
    layer_.output = {layer_.input.size(), 1, 1};
    flatten();
  }

  void operator()(const BatchNormalization&) {
    layer_.output = layer_.input;
    layer_.weights = layer_.biases = layer_.input.channels;
  }

  void operator()(const LocalResponseNormalization&) { layer_.output = layer_.input; }
  void operator()(const Standardize&) { layer_.output = layer_.input; }
  void operator()(const ActivationLayer&) { layer_.output = layer_.input; }
  void operator()(const Dropout&) { layer_.output = layer_.input; }
  void operator()(const Softmax&) { layer_.output = layer_.input; }

  Extent field{1, 1};      ///< receptive field of one element of the layers so far
  Extent jump{1, 1};       ///< pixels between the fields of neighbouring elements
  Extent flattened{1, 1};  ///< pixels that a flatten before made into channels

 private:
  [[noreturn]] void fail(const std::string& what) const { throw ModelError(index_, what); }

  void place(Window height, Window width, std::int64_t channels, const std::string& remark) {
    if (height.output < 1 || width.output < 1)
      fail("kernel " + std::to_string(height.kernel) + "x" + std::to_string(width.kernel) +
           " leaves no output of an input of " + std::to_string(height.input) + "x" +
           std::to_string(width.input) + remark);
    height.settle_after();
    width.settle_after();
    layer_.padding = {{height.before, width.before}, {height.after, width.after}};
    layer_.output = {channels, height.output, width.output};
    grow_field({height.kernel, width.kernel}, {height.stride, width.stride});
  }

  void flatten() {
    flattened = {capped_product(flattened.height, layer_.input.height),
                 capped_product(flattened.width, layer_.input.width)};
  }

  void grow_field(Extent kernel, Extent stride) {
    constexpr std::int64_t cap = most_elements;  // deep strided networks must not overflow
    field.height = std::min(cap, field.height + capped_product(kernel.height - 1, jump.height));
    field.width = std::min(cap, field.width + capped_product(kernel.width - 1, jump.width));
    jump.height = std::min(cap, capped_product(jump.height, stride.height));
    jump.width = std::min(cap, capped_product(jump.width, stride.width));
  }

  int index_;
  ModelLayer& layer_;
};

void check_size(const Shape& shape, int layer) {
  const std::int64_t size = capped_product(capped_product(shape.channels, shape.height), shape.width);
  if (size > most_elements) throw ModelError(layer, "its output of " + to_string(shape) + " is too large");
}

void mark_backward(Model& model) {
  bool gradient_wanted = model.first_input_gradient;
  const int last = model.loss_layer();
  for (int i = 0; i <= last; ++i) {
    ModelLayer& layer = model.layers[static_cast<std::size_t>(i)];
    layer.input_gradient = gradient_wanted;
    gradient_wanted = gradient_wanted || layer.parameters() > 0;
    layer.backward = gradient_wanted;
  }
}

std::vector<Layer> stated(const std::vector<ModelLayer>& layers, std::size_t first, std::size_t count) {
  std::vector<Layer> result;
  for (std::size_t i = first; i < first + count; ++i) result.push_back({layers[i].name, layers[i].kind});
  return result;
}

}  // namespace

std::string_view to_string(Loss loss) {
  return loss == Loss::l2 ? "l2" : "cross_entropy";
}

std::int64_t Model::parameters() const {
  std::int64_t sum = 0;
  for (const ModelLayer& layer : layers) sum += layer.parameters();
  return sum;
}

int Model::loss_layer() const {
  const int last = static_cast<int>(layers.size()) - 1;
  const bool closing_softmax = last >= 0 && std::holds_alternative<Softmax>(layers.back().kind);
  return closing_softmax ? last - 1 : last;
}

Model build_model(std::string name, std::string source, Shape input, const std::vector<Layer>& layers,
                  Loss loss, const ModelOptions& options) {
  if (layers.empty()) throw ModelError(-1, "the network has no layers");
  check_size(input, -1);
  Model model{std::move(name), std::move(source), input, {}, loss, options.first_input_gradient};
  std::set<std::string> names;
  Extent field{1, 1};
  Extent jump{1, 1};
  Extent flattened{1, 1};
  std::int64_t elements = input.size();
  std::int64_t all_flops = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const int index = static_cast<int>(i);
    if (!names.insert(layers[i].name).second)
      throw ModelError(index, "the name '" + layers[i].name + "' is used by an earlier layer");
    ModelLayer layer;
    layer.name = layers[i].name;
    layer.kind = layers[i].kind;
    layer.input = i == 0 ? input : model.layers.back().output;
    model.layers.push_back(std::move(layer));

    Builder builder(model, index);
    builder.field = field;
    builder.jump = jump;
    builder.flattened = flattened;
    std::visit(builder, layers[i].kind);
    field = builder.field;
    jump = builder.jump;
    flattened = builder.flattened;

    ModelLayer& built = model.layers.back();
    built.receptive_field = field;
    check_size(built.output, index);
    if (built.weights > most_elements) throw ModelError(index, "it has too many weights");
    elements += built.output.size() + built.parameters();
    if (elements > most_elements) throw ModelError(index, "the network is too large up to here");
    const std::int64_t places = built.output.height * built.output.width;
    if (capped_product(2 * built.weights, places) > most_flops)
      throw ModelError(index, "it needs too many operations (more than 2^41 an image)");
    all_flops += flops(built, Direction::forward, 1);
    if (all_flops > most_flops) throw ModelError(index, "the network needs too many operations up to here");
  }
  mark_backward(model);
  return model;
}

Model prefix(const Model& model, int count) {
  if (count < 1 || count > static_cast<int>(model.layers.size()))
    throw std::out_of_range("prefix of a network");
  return build_model(model.name, model.source, model.input,
                     stated(model.layers, 0, static_cast<std::size_t>(count)), model.loss,
                     {model.first_input_gradient});
}

Model single_layer(const Model& model, int index) {
  const ModelLayer& layer = model.layers.at(static_cast<std::size_t>(index));
  return build_model(model.name, model.source, layer.input,
                     stated(model.layers, static_cast<std::size_t>(index), 1), Loss::l2,
                     {layer.input_gradient});
}

}  // namespace cnnbench

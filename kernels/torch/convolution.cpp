#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include "kernels/torch/builder.h"
#include "kernels/torch/compat.h"

namespace cnnbench::torch {
namespace {

std::string backend_name(at::native::ConvBackend backend) {
  using at::native::ConvBackend;
  switch (backend) {
    case ConvBackend::Mkldnn:
      return "mkldnn";
    case ConvBackend::Slow2d:
      return "slow_conv2d";
    case ConvBackend::SlowDilated2d:
      return "slow_conv_dilated2d";
    case ConvBackend::NnpackSpatial:
      return "nnpack";
    case ConvBackend::Xnnpack2d:
      return "xnnpack";
    case ConvBackend::Winograd3x3Depthwise:
      return "winograd3x3_depthwise";
    default:
      return "other";
  }
}

/// Calls an operator that has no C++ function; one result.
template <typename... Arguments>
c10::IValue call(const char* name, Arguments&&... arguments) {
  std::vector<c10::IValue> stack{c10::IValue(std::forward<Arguments>(arguments))...};
  c10::Dispatcher::singleton().findSchemaOrThrow(name, "").callBoxed(&stack);
  return stack.front();
}

/// While it lives ATen leaves oneDNN out, where that is wanted.
class WithoutOneDnn {
 public:
  explicit WithoutOneDnn(bool wanted) : off_(wanted && at::globalContext().userEnabledMkldnn()) {
    if (off_) at::globalContext().setUserEnabledMkldnn(false);
  }
  ~WithoutOneDnn() {
    if (off_) at::globalContext().setUserEnabledMkldnn(true);
  }
  WithoutOneDnn(const WithoutOneDnn&) = delete;
  WithoutOneDnn& operator=(const WithoutOneDnn&) = delete;

 private:
  bool off_;
};

class ConvolutionPlan final : public LayerPlan {
 public:
  ConvolutionPlan(const ModelLayer& layer, const Convolution& conv)
      : layer_(layer),
        conv_(conv),
        stride_{conv.stride.height, conv.stride.width},
        padding_{layer.padding.before.height, layer.padding.before.width} {
    // ATen pads both sides alike. What is not, is padded (or, where negative, cropped) beforehand.
    const auto same = [](std::int64_t input, std::int64_t output, std::int64_t kernel, std::int64_t stride,
                         std::int64_t before) {
      return before >= 0 && (input + 2 * before - kernel) / stride + 1 == output;
    };
    padded_before_ =
        !same(layer.input.height, layer.output.height, conv.kernel.height, conv.stride.height, padding_[0]) ||
        !same(layer.input.width, layer.output.width, conv.kernel.width, conv.stride.width, padding_[1]);
    const Padding& p = layer.padding;
    margins_ = {p.before.width, p.after.width, p.before.height, p.after.height};
    if (padded_before_) padding_ = {0, 0};
  }

  Value* forward(Builder& builder, Value* given) override {
    // What verification found wrong is left to at::convolution.
    Layout layout = builder.setting.layout;
    const bool opaque = layout == Layout::opaque && !builder.distrusted(Direction::forward, opaque_name());
    const bool packed = layout != Layout::opaque && builder.setting.packed &&
                        !builder.distrusted(Direction::forward, packed_name());
    if (layout == Layout::opaque && !opaque) layout = Layout::plain;
    given_ = given;
    src_ = padded_before_ ? pad(builder, given) : given;
    src_ = builder.in_layout(src_, layout);
    add_parameters(builder);
    dst_ = builder.make_value(to_dims(builder.options.batch, layer_.output), layout);
    if (opaque)
      add_opaque(builder);
    else if (packed)
      add_packed(builder);
    else
      add_dense(builder);
    return dst_;
  }

  Value* backward(Builder& builder, Value* given) override {
    Value* const output_gradient = builder.in_layout(given, builder.setting.layout);
    Value* const diff = add_fused_backward(builder, layer_, output_gradient, dst_);
    const auto function = [&](bool without) {
      return "convolution_backward(" + (without ? selected(true) : implementation_) + ")";
    };
    // The gradients of the parameters come in tensors of their own.
    const bool weights_without = builder.distrusted(Direction::backward_weights, function(false) + "+copy_");
    builder.add(Direction::backward_weights, function(weights_without) + "+copy_", {src_, diff}, {},
                [this, diff, weights_without] {
                  const WithoutOneDnn leave_out(weights_without);
                  const auto [data, weights, bias] = gradients(diff->tensor(), {false, true, conv_.bias});
                  weights_->gradient.copy_(weights);
                  if (conv_.bias) bias_->gradient.copy_(bias);
                });
    if (!layer_.input_gradient) return nullptr;
    Value* const result = builder.make_value(src_->dims, builder.setting.layout);
    const bool data_without = builder.distrusted(Direction::backward_data, function(false));
    builder.add(Direction::backward_data, function(data_without), {src_, diff}, {result},
                [this, diff, result, data_without] {
                  const WithoutOneDnn leave_out(data_without);
                  result->data = std::get<0>(gradients(diff->tensor(), {true, false, false}));
                });
    return padded_before_ ? unpad(builder, result) : result;
  }

 private:
  std::tuple<at::Tensor, at::Tensor, at::Tensor> gradients(const at::Tensor& diff,
                                                           std::array<bool, 3> wanted) const {
    const Sizes bias_size{conv_.filters};
    return at::convolution_backward(diff, src_->tensor(), weights_->data, at::IntArrayRef(bias_size), stride_,
                                    padding_, one_, false, zero_, conv_.groups, wanted);
  }

  void add_parameters(Builder& builder) {
    const Layout layout =
        builder.setting.layout == Layout::channels_last ? Layout::channels_last : Layout::plain;
    weights_ = builder.add_parameter(
        Tensor::weights,
        {conv_.filters, layer_.input.channels / conv_.groups, conv_.kernel.height, conv_.kernel.width},
        layout);
    if (conv_.bias) bias_ = builder.add_parameter(Tensor::bias, {conv_.filters}, Layout::plain);
  }

  at::Tensor bias() const { return conv_.bias ? bias_->data : at::Tensor(); }
  c10::optional<at::Tensor> optional_bias() const {
    return conv_.bias ? c10::optional<at::Tensor>(bias_->data) : c10::optional<at::Tensor>();
  }

  /// at::convolution with its own choice of an implementation.
  void add_dense(Builder& builder) {
    const auto name = [this] {
      return "convolution(" + implementation_ + ")" + suffix(in_place_name(conv_.activation));
    };
    implementation_ = selected(false);
    const bool without = builder.distrusted(Direction::forward, name());
    if (without) implementation_ = selected(true);
    builder.add(Direction::forward, name(), {src_}, {dst_}, [this, without] {
      const WithoutOneDnn leave_out(without);
      dst_->data = at::convolution(src_->tensor(), weights_->data, optional_bias(), stride_, padding_, one_,
                                   false, zero_, conv_.groups);
      activate_in_place(dst_->data, conv_.activation);
    });
    // ATen has it on ARM alone. Its errors are held to those of direct sums until larger ones are seen there.
    if (implementation_.starts_with("winograd")) builder.operations.back().algorithm = Algorithm::winograd;
  }

  /// What at::convolution chooses.
  std::string selected(bool without_onednn) const {
    const WithoutOneDnn leave_out(without_onednn);
    // Only sizes and strides are looked at.
    const auto like = [](const Sizes& dims, Layout layout) {
      return at::empty(dims, at::TensorOptions(at::kFloat), memory_format(layout));
    };
    return backend_name(compat::selected(
        like(src_->dims, src_->layout), like(weights_->dims, weights_->layout),
        conv_.bias ? at::empty({conv_.filters}) : at::Tensor(), stride_, padding_, conv_.groups));
  }

  std::string opaque_name() const { return "mkldnn_convolution" + suffix(in_place_name(conv_.activation)); }
  std::string packed_name() const {
    const bool fused = conv_.activation == Activation::relu;
    return std::string("mkldnn_prepacked::") + (fused ? "conv2d_run(relu)" : "conv2d_run") +
           (fused ? "" : suffix(in_place_name(conv_.activation)));
  }

  /// Weights packed once, with ReLU in the same primitive.
  void add_packed(Builder& builder) {
    const bool fused = conv_.activation == Activation::relu;
    const Sizes input = src_->dims;
    weights_->pack = [this, fused, input] {
      packed_ = call("mkldnn_prepacked::conv2d_prepack", weights_->data,
                     conv_.bias ? c10::IValue(bias_->data) : c10::IValue(), stride_, padding_, one_,
                     conv_.groups, input, std::string(fused ? "relu" : "none"));
    };
    if (conv_.bias) bias_->pack = weights_->pack;
    builder.add(Direction::forward, packed_name(), {src_}, {dst_},
                [this, fused,
                 run = c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn_prepacked::conv2d_run", "")] {
                  std::vector<c10::IValue> stack{src_->tensor(), packed_};
                  run.callBoxed(&stack);
                  dst_->data = stack.front().toTensor();
                  if (!fused) activate_in_place(dst_->data, conv_.activation);
                });
  }

  void add_opaque(Builder& builder) {
    const Sizes input = src_->dims;
    weights_->pack = [this, input] {
      opaque_weights_ =
          compat::reordered_weights(weights_->data.to_mkldnn(), padding_, stride_, conv_.groups, input);
    };
    builder.add(Direction::forward, opaque_name(), {src_}, {dst_}, [this] {
      dst_->data = at::mkldnn_convolution(src_->tensor(), opaque_weights_, optional_bias(), padding_, stride_,
                                          one_, conv_.groups);
      activate_in_place(dst_->data, conv_.activation);
    });
  }

  Value* pad(Builder& builder, Value* given) {
    Value* const src = builder.dense(given);
    Sizes dims = src->dims;
    dims[2] += margins_[2] + margins_[3];
    dims[3] += margins_[0] + margins_[1];
    Value* const padded = builder.make_value(dims, src->layout);
    builder.add(Direction::reorder, "constant_pad_nd", {src}, {padded}, [src, padded, margins = margins_] {
      padded->data = at::constant_pad_nd(src->tensor(), margins);
    });
    return padded;
  }

  /// The gradient of what was padded: cut off where zeros were added, zero where elements were cut off.
  Value* unpad(Builder& builder, Value* gradient) {
    Sizes back = margins_;
    for (std::int64_t& margin : back) margin = -margin;
    Value* const result = builder.make_value(given_->dims, gradient->layout);
    builder.add(Direction::reorder, "constant_pad_nd", {gradient}, {result},
                [gradient, result, back] { result->data = at::constant_pad_nd(gradient->tensor(), back); });
    return result;
  }

  static std::string suffix(const std::string& name) { return name.empty() ? "" : "+" + name; }

  const ModelLayer& layer_;
  Convolution conv_;
  Sizes stride_;
  Sizes padding_;
  Sizes margins_;  ///< as constant_pad_nd takes them: left, right, above, below
  bool padded_before_ = false;
  const Sizes one_{1, 1};
  const Sizes zero_{0, 0};
  std::string implementation_;
  Value* given_ = nullptr;
  Value* src_ = nullptr;
  Value* dst_ = nullptr;
  Parameter* weights_ = nullptr;
  Parameter* bias_ = nullptr;
  at::Tensor opaque_weights_;
  c10::IValue packed_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Convolution& convolution) {
  return std::make_unique<ConvolutionPlan>(layer, convolution);
}

}  // namespace cnnbench::torch

#include "kernels/onednn/weighted_layer.h"

#include "kernels/onednn/compat.h"

namespace cnnbench::onednn {

Value WeightedLayer::forward(Builder& builder, const Value& given) {
  dnnl::primitive_attr attr;
  const bool fused = activation_ != Activation::none && builder.variant.fusion;
  if (fused) {
    dnnl::post_ops operations;
    compat::append_eltwise(operations, eltwise_algorithm(activation_, false));
    attr.set_post_ops(operations);
  }
  const Value src = to_primitive(builder, given);
  memory::desc bias_desc;
  if (layer_.biases > 0)
    bias_desc = memory::desc({layer_.biases}, memory::data_type::f32, memory::format_tag::x);
  const std::vector<Chosen> offers = offers_forward(builder, attr);
  const Chosen chosen =
      fastest(builder, offers, {Direction::forward, src.desc, offers.front().dst, bias_desc});
  const bool backward = builder.training() && layer_.backward;
  if (backward) {
    backward_weights_ = fastest(builder, offers_backward_weights(builder),
                                {Direction::backward_weights, chosen.src, chosen.dst, bias_desc});
    if (layer_.input_gradient)
      backward_data_ = fastest(builder, offers_backward_data(builder),
                               {Direction::backward_data, chosen.src, chosen.dst, {}});
  }

  // The master copy has the gradient's layout where there is one; what the primitives want else is copied at
  // set-up.
  memory::desc master = backward ? backward_weights_.weights : chosen.weights;
  if (!can_reorder(builder.engine, master, plain_weights())) master = plain_weights();
  weights_ = builder.add_parameter(Tensor::weights, plain_weights(), master);
  memory bias;
  if (layer_.biases > 0) {
    bias_ = builder.add_parameter(Tensor::bias, bias_desc, bias_desc);
    bias = builder.parameters[bias_].data;
  }

  src_ = builder.in_layout(src, chosen.src);
  const Value dst = builder.make_value(to_dims(builder.options.batch, layer_.output), chosen.dst);
  builder.add(Direction::forward, chosen.implementation, chosen.primitive,
              {{DNNL_ARG_SRC, src_.data},
               {DNNL_ARG_WEIGHTS, builder.parameter_as(weights_, chosen.weights)},
               {DNNL_ARG_BIAS, bias},
               {DNNL_ARG_DST, dst.data}});
  dst_ = output_value(builder, dst);
  if (activation_ != Activation::none && !fused) add_activation_forward(builder, activation_, dst_);
  if (backward && activation_ != Activation::none) dst_.writable = false;
  return dst_;
}

void add_activation_forward(Builder& builder, Activation activation, const Value& dst) {
  const auto desc = compat::eltwise_forward(builder.library(Direction::forward), builder.forward_kind(),
                                            eltwise_algorithm(activation, false), dst.desc, 0, 0);
  builder.add(Direction::forward, desc.impl_info_str(), dnnl::eltwise_forward(desc),
              {{DNNL_ARG_SRC, dst.data}, {DNNL_ARG_DST, dst.data}});
}

void add_activation_backward(Builder& builder, Activation activation, const Value& dst, const Value& diff_dst,
                             bool input_gradient) {
  const dnnl::algorithm algorithm = eltwise_algorithm(activation, true);
  const auto hint =
      compat::eltwise_forward(builder.engine, dnnl::prop_kind::forward_training, algorithm, dst.desc, 0, 0);
  const Direction direction = input_gradient ? Direction::backward_data : Direction::backward_weights;
  const auto desc =
      compat::eltwise_backward(builder.library(direction), hint, algorithm, diff_dst.desc, dst.desc, 0, 0);
  builder.add(
      direction, desc.impl_info_str(), dnnl::eltwise_backward(desc),
      {{DNNL_ARG_DST, dst.data}, {DNNL_ARG_DIFF_DST, diff_dst.data}, {DNNL_ARG_DIFF_SRC, diff_dst.data}});
}

Value WeightedLayer::backward(Builder& builder, const Value& given) {
  Value output_gradient = given;
  if (activation_ != Activation::none) {
    output_gradient = builder.in_layout(given, dst_.desc);
    if (!builder.choice().relu_by_next)
      add_activation_backward(builder, activation_, dst_, output_gradient, layer_.input_gradient);
  }
  const Value diff_dst = gradient_value(builder, output_gradient);

  const Value src = builder.in_layout(src_, backward_weights_.src);
  const Value weights_diff_dst = builder.in_layout(diff_dst, backward_weights_.dst);
  builder.add(Direction::backward_weights, backward_weights_.implementation, backward_weights_.primitive,
              {{DNNL_ARG_SRC, src.data},
               {DNNL_ARG_DIFF_DST, weights_diff_dst.data},
               {DNNL_ARG_DIFF_WEIGHTS, builder.parameters[weights_].gradient},
               {DNNL_ARG_DIFF_BIAS, layer_.biases > 0 ? builder.parameters[bias_].gradient : memory()}});

  Value diff_src;
  if (layer_.input_gradient) {
    // The layouts of the two gradients agree as a rule; then one reorder serves both.
    const Value data_diff_dst = weights_diff_dst.desc == backward_data_.dst
                                    ? weights_diff_dst
                                    : builder.in_layout(diff_dst, backward_data_.dst);
    diff_src = builder.make_value(src_.dims, backward_data_.src);
    builder.add(Direction::backward_data, backward_data_.implementation, backward_data_.primitive,
                {{DNNL_ARG_DIFF_DST, data_diff_dst.data},
                 {DNNL_ARG_WEIGHTS, builder.parameter_as(weights_, backward_data_.weights)},
                 {DNNL_ARG_DIFF_SRC, diff_src.data}});
    diff_src = from_primitive(builder, diff_src);
  }
  return diff_src;
}

dnnl::algorithm eltwise_algorithm(Activation activation, bool from_dst) {
  using dnnl::algorithm;
  switch (activation) {
    case Activation::relu:
      return from_dst ? algorithm::eltwise_relu_use_dst_for_bwd : algorithm::eltwise_relu;
    case Activation::tanh:
      return from_dst ? algorithm::eltwise_tanh_use_dst_for_bwd : algorithm::eltwise_tanh;
    case Activation::sigmoid:
      return from_dst ? algorithm::eltwise_logistic_use_dst_for_bwd : algorithm::eltwise_logistic;
    case Activation::none:
      break;
  }
  return algorithm::undef;
}

}  // namespace cnnbench::onednn

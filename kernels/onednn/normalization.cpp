#include <algorithm>

#include "kernels/onednn/builder.h"
#include "kernels/onednn/compat.h"

namespace cnnbench::onednn {
namespace {

/// Local response normalisation across channels.
class LrnPlan final : public LayerPlan {
 public:
  explicit LrnPlan(const ModelLayer& layer) : layer_(layer) {}

  Value forward(Builder& builder, const Value& given) override {
    given_ = given.dims;
    src_ = builder.with_dims(given, to_dims(builder.options.batch, layer_.input));
    forward_ = compat::lrn_forward(builder.library(Direction::forward), builder.forward_kind(), src_.desc,
                                   Lrn::window, alpha, beta, k);
    const Value dst = builder.make_value(src_.dims, src_.desc);
    if (builder.training() && forward_.workspace_desc() != memory::desc()) {
      workspace_ = memory(forward_.workspace_desc(), builder.engine, DNNL_MEMORY_NONE);
      builder.buffers.bind(workspace_, builder.buffers.dedicate(forward_.workspace_desc().get_size()));
    }
    builder.add(Direction::forward, forward_.impl_info_str(), dnnl::lrn_forward(forward_),
                {{DNNL_ARG_SRC, src_.data}, {DNNL_ARG_DST, dst.data}, {DNNL_ARG_WORKSPACE, workspace_}});
    return dst;
  }

  Value backward(Builder& builder, const Value& given) override {
    const Value diff_dst = builder.in_layout(given, src_.desc);
    const auto desc = compat::lrn_backward(builder.library(Direction::backward_data), forward_, src_.desc,
                                           src_.desc, Lrn::window, alpha, beta, k);
    const Value diff_src = builder.make_value(src_.dims, src_.desc);
    builder.add(Direction::backward_data, desc.impl_info_str(), dnnl::lrn_backward(desc),
                {{DNNL_ARG_SRC, src_.data},
                 {DNNL_ARG_DIFF_DST, diff_dst.data},
                 {DNNL_ARG_DIFF_SRC, diff_src.data},
                 {DNNL_ARG_WORKSPACE, workspace_}});
    return builder.with_dims(diff_src, given_);
  }

 private:
  using Lrn = LocalResponseNormalization;
  static constexpr float alpha = static_cast<float>(Lrn::alpha);
  static constexpr float beta = static_cast<float>(Lrn::beta);
  static constexpr float k = static_cast<float>(Lrn::k);

  const ModelLayer& layer_;
  memory::dims given_;
  dnnl::lrn_forward::primitive_desc forward_;
  memory workspace_;
  Value src_;
};

/// Batch normalisation with scale and shift: batch statistics in training, stored ones (0 and 1) in
/// inference.
class BatchNormalizationPlan final : public LayerPlan {
 public:
  explicit BatchNormalizationPlan(const ModelLayer& layer) : layer_(layer) {}

  Value forward(Builder& builder, const Value& given) override {
    given_ = given.dims;
    src_ = builder.with_dims(given, to_dims(builder.options.batch, layer_.input));
    flags_ = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
    if (!builder.training()) flags_ |= dnnl::normalization_flags::use_global_stats;
    forward_ = compat::batch_normalization_forward(builder.library(Direction::forward),
                                                   builder.forward_kind(), src_.desc, epsilon, flags_);
    scale_ = builder.add_parameter(Tensor::weights, vector(), vector());
    shift_ = builder.add_parameter(Tensor::bias, vector(), vector());
    mean_ = statistics(builder, 0.0F);
    variance_ = statistics(builder, 1.0F);
    // Training needs the source again; inference does not.
    const bool in_place = src_.writable && !builder.training();
    const Value dst = in_place ? src_ : builder.make_value(src_.dims, src_.desc);
    builder.add(Direction::forward, forward_.impl_info_str(), dnnl::batch_normalization_forward(forward_),
                {{DNNL_ARG_SRC, src_.data},
                 {DNNL_ARG_MEAN, mean_},
                 {DNNL_ARG_VARIANCE, variance_},
                 {DNNL_ARG_SCALE, builder.parameters[scale_].data},
                 {DNNL_ARG_SHIFT, builder.parameters[shift_].data},
                 {DNNL_ARG_DST, dst.data}});
    return dst;
  }

  Value backward(Builder& builder, const Value& given) override {
    const Value diff = builder.in_layout(given, src_.desc);
    const auto desc = compat::batch_normalization_backward(
        builder.library(layer_.input_gradient ? Direction::backward_data : Direction::backward_weights),
        forward_, src_.desc, src_.desc, epsilon, flags_);
    // One primitive yields all three gradients; it is charged to the data where somebody wants that one.
    builder.add(
        layer_.input_gradient ? Direction::backward_data : Direction::backward_weights, desc.impl_info_str(),
        dnnl::batch_normalization_backward(desc),
        {{DNNL_ARG_SRC, src_.data},
         {DNNL_ARG_MEAN, mean_},
         {DNNL_ARG_VARIANCE, variance_},
         {DNNL_ARG_SCALE, builder.parameters[scale_].data},
         {DNNL_ARG_SHIFT,
          compat::batch_normalization_backward_takes_shift ? builder.parameters[shift_].data : memory()},
         {DNNL_ARG_DIFF_DST, diff.data},
         {DNNL_ARG_DIFF_SRC, diff.data},
         {DNNL_ARG_DIFF_SCALE, builder.parameters[scale_].gradient},
         {DNNL_ARG_DIFF_SHIFT, builder.parameters[shift_].gradient}});
    return layer_.input_gradient ? builder.with_dims(diff, given_) : Value();
  }

 private:
  static constexpr float epsilon = static_cast<float>(BatchNormalization::epsilon);

  memory::desc vector() const {
    return {{layer_.input.channels}, memory::data_type::f32, memory::format_tag::x};
  }

  /// One value a channel. In training the forward operation overwrites it.
  memory statistics(Builder& builder, float value) const {
    const memory data(vector(), builder.engine);
    std::fill_n(static_cast<float*>(data.get_data_handle()), layer_.input.channels, value);
    return data;
  }

  const ModelLayer& layer_;
  memory::dims given_;
  dnnl::normalization_flags flags_ = dnnl::normalization_flags::none;
  dnnl::batch_normalization_forward::primitive_desc forward_;
  std::size_t scale_ = 0;
  std::size_t shift_ = 0;
  memory mean_;
  memory variance_;
  Value src_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const LocalResponseNormalization&) {
  return std::make_unique<LrnPlan>(layer);
}

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const BatchNormalization&) {
  return std::make_unique<BatchNormalizationPlan>(layer);
}

}  // namespace cnnbench::onednn

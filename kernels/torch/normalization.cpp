#include "kernels/torch/builder.h"

namespace cnnbench::torch {
namespace {

/// Local response normalisation, which ATen has no function for: composed as torch.nn.functional does, and
/// its derivative likewise.
class LrnPlan final : public LayerPlan {
 public:
  Value* forward(Builder& builder, Value* given) override {
    src_ = builder.dense(given);
    // The backward pass needs k + α/n·Σ x² again.
    scale_ = builder.make_value(src_->dims, src_->layout);
    Value* const dst = builder.make_value(src_->dims, src_->layout);
    builder.add(Direction::forward, "mul+constant_pad_nd+avg_pool3d+mul_+add_+pow+div", {src_}, {dst, scale_},
                [this, dst] {
                  const at::Tensor x = src_->tensor();
                  scale_->data = window_mean(at::mul(x, x)).mul_(Lrn::alpha).add_(Lrn::k);
                  dst->data = at::div(x, at::pow(scale_->data, Lrn::beta));
                });
    return dst;
  }

  /// dx = dy·s^-β - 2αβ · x · mean(dy·x·s^(-β-1)), the mean over a window of channels like the forward one.
  Value* backward(Builder& builder, Value* given) override {
    Value* const diff = builder.in_layout(given, src_->layout);
    Value* const result = builder.make_value(src_->dims, src_->layout);
    builder.add(Direction::backward_data, "pow+mul+mul+div_+constant_pad_nd+avg_pool3d+addcmul",
                {diff, src_, scale_}, {result}, [this, diff, result] {
                  const at::Tensor x = src_->tensor();
                  const at::Tensor direct = at::mul(diff->tensor(), at::pow(scale_->data, -Lrn::beta));
                  const at::Tensor through = at::mul(direct, x).div_(scale_->data);
                  result->data = at::addcmul(direct, x, window_mean(through), -2 * Lrn::alpha * Lrn::beta);
                });
    return result;
  }

 private:
  using Lrn = LocalResponseNormalization;

  /// Mean over a window of channels; those outside count as zeros.
  static at::Tensor window_mean(const at::Tensor& x) {
    const Sizes dims = x.sizes().vec();
    const Sizes margins{0, 0, 0, 0, Lrn::window / 2, Lrn::window / 2};
    const at::Tensor volume = x.reshape({dims[0], 1, dims[1], dims[2], dims[3]});
    return at::avg_pool3d(at::constant_pad_nd(volume, margins), {Lrn::window, 1, 1}, {1, 1, 1}).reshape(dims);
  }

  Value* src_ = nullptr;
  Value* scale_ = nullptr;
};

/// Batch normalisation with scale and shift: batch statistics in training, stored ones (0 and 1) in
/// inference.
class BatchNormalizationPlan final : public LayerPlan {
 public:
  explicit BatchNormalizationPlan(const ModelLayer& layer) : layer_(layer) {}

  Value* forward(Builder& builder, Value* given) override {
    src_ = builder.dense(given);
    const Sizes channels{layer_.input.channels};
    scale_ = builder.add_parameter(Tensor::weights, channels, Layout::plain);
    shift_ = builder.add_parameter(Tensor::bias, channels, Layout::plain);
    Value* const dst = builder.make_value(src_->dims, src_->layout);
    const bool training = builder.training();
    if (!training) {
      mean_ = at::zeros(channels, at::kFloat);
      variance_ = at::ones(channels, at::kFloat);
    }
    builder.add(Direction::forward, "native_batch_norm", {src_}, {dst}, [this, dst, training] {
      std::tie(dst->data, saved_mean_, saved_deviation_) =
          at::native_batch_norm(src_->tensor(), scale_->data, shift_->data, optional(mean_),
                                optional(variance_), training, 0, epsilon);
    });
    return dst;
  }

  Value* backward(Builder& builder, Value* given) override {
    Value* const diff = builder.in_layout(given, src_->layout);
    const bool wanted = layer_.input_gradient;
    Value* const result = wanted ? builder.make_value(src_->dims, src_->layout) : nullptr;
    // One function yields all three gradients; it is charged to the data where somebody wants that one.
    builder.add(wanted ? Direction::backward_data : Direction::backward_weights, "native_batch_norm_backward",
                {diff, src_}, wanted ? std::vector<Value*>{result} : std::vector<Value*>{},
                [this, diff, result, wanted] {
                  const auto [data, scale, shift] = at::native_batch_norm_backward(
                      diff->tensor(), src_->tensor(), scale_->data, {}, {}, saved_mean_, saved_deviation_,
                      true, epsilon, {wanted, true, true});
                  scale_->gradient.copy_(scale);
                  shift_->gradient.copy_(shift);
                  if (wanted) result->data = data;
                });
    return result;
  }

 private:
  static constexpr double epsilon = BatchNormalization::epsilon;

  static c10::optional<at::Tensor> optional(const at::Tensor& tensor) {
    return tensor.defined() ? c10::optional<at::Tensor>(tensor) : c10::optional<at::Tensor>();
  }

  const ModelLayer& layer_;
  Value* src_ = nullptr;
  Parameter* scale_ = nullptr;
  Parameter* shift_ = nullptr;
  at::Tensor mean_;
  at::Tensor variance_;
  at::Tensor saved_mean_;
  at::Tensor saved_deviation_;  ///< its reciprocal
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer&, const LocalResponseNormalization&) {
  return std::make_unique<LrnPlan>();
}

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const BatchNormalization&) {
  return std::make_unique<BatchNormalizationPlan>(layer);
}

}  // namespace cnnbench::torch

#include <algorithm>
#include <cmath>

#include "kernels/gemm/builder.h"

namespace cnnbench::gemm {
namespace {

/// Over the channels, at each pixel.
class SoftmaxPlan final : public LayerPlan {
 public:
  explicit SoftmaxPlan(const ModelLayer& layer)
      : layer_(layer), channels_(layer.input.channels), plane_(layer.input.height * layer.input.width) {}

  Value forward(Builder& builder, const Value& src) override {
    pixels_ = builder.options.batch * plane_;
    // In training, the loss may be taken of what enters.
    dst_ = builder.training() ? builder.make_activation(src.elements) : builder.in_place_or_new(src);
    builder.add(Direction::forward, "loop", {src, dst_}, [&builder, this, src] {
      const float* const input = builder.data(src);
      float* const output = builder.data(dst_);
#pragma omp parallel for schedule(static)
      for (std::int64_t pixel = 0; pixel < pixels_; ++pixel)
        run_forward(input + first_of(pixel), output + first_of(pixel));
    });
    if (builder.training() && layer_.backward) dst_.writable = false;
    return dst_;
  }

  Value backward(Builder& builder, const Value& diff) override {
    builder.add(Direction::backward_data, "loop", {dst_, diff}, [&builder, this, diff] {
      const float* const output = builder.data(dst_);
      float* const gradient = builder.data(diff);
#pragma omp parallel for schedule(static)
      for (std::int64_t pixel = 0; pixel < pixels_; ++pixel)
        run_backward(output + first_of(pixel), gradient + first_of(pixel));
    });
    return diff;
  }

 private:
  /// Index of the pixel's channel 0; its channels are plane_ apart.
  std::int64_t first_of(std::int64_t pixel) const {
    return pixel / plane_ * channels_ * plane_ + pixel % plane_;
  }

  /// y may be x.
  void run_forward(const float* x, float* y) const {
    const std::int64_t end = channels_ * plane_;
    float largest = x[0];
    for (std::int64_t i = 0; i < end; i += plane_) largest = std::max(largest, x[i]);
    double sum = 0;
    for (std::int64_t i = 0; i < end; i += plane_) {
      y[i] = std::exp(x[i] - largest);
      sum += static_cast<double>(y[i]);
    }
    const auto scale = static_cast<float>(1 / sum);
    for (std::int64_t i = 0; i < end; i += plane_) y[i] *= scale;
  }

  /// dx = y · (dy - Σ dy·y), in place of dy.
  void run_backward(const float* y, float* gradient) const {
    const std::int64_t end = channels_ * plane_;
    double sum = 0;
    for (std::int64_t i = 0; i < end; i += plane_)
      sum += static_cast<double>(y[i]) * static_cast<double>(gradient[i]);
    for (std::int64_t i = 0; i < end; i += plane_)
      gradient[i] = y[i] * (gradient[i] - static_cast<float>(sum));
  }

  const ModelLayer& layer_;
  std::int64_t channels_;
  std::int64_t plane_;
  std::int64_t pixels_ = 0;
  Value dst_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Softmax&) {
  return std::make_unique<SoftmaxPlan>(layer);
}

}  // namespace cnnbench::gemm

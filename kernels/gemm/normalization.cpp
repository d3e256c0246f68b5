#include <algorithm>
#include <cmath>

#include "kernels/gemm/builder.h"

namespace cnnbench::gemm {
namespace {

/// y = x · s^-β with s = k + α/n · Σ x² over the neighbouring channels. Training keeps s for the way back.
class LrnPlan final : public LayerPlan {
 public:
  using Lrn = LocalResponseNormalization;

  explicit LrnPlan(const ModelLayer& layer)
      : channels_(layer.input.channels), plane_(layer.input.height * layer.input.width) {}

  Value forward(Builder& builder, const Value& src) override {
    images_ = builder.options.batch;
    src_ = src;
    dst_ = builder.make_activation(src.elements);
    if (builder.training()) scale_ = builder.make_activation(src.elements);
    builder.add(Direction::forward, "loop", {src, dst_, scale_}, [&builder, this] {
      const float* const x = builder.data(src_);
      float* const y = builder.data(dst_);
      float* const scale = scale_ ? builder.data(scale_) : nullptr;
      for_planes([=, this](std::int64_t first, std::int64_t begin, std::int64_t end) {
        run_forward(x, first, begin, end, y, scale);
      });
    });
    return dst_;
  }

  /// dx_i = dy_i · s_i^-β - 2αβ/n · x_i · Σ_j dy_j · x_j · s_j^(-β-1), over the j whose window holds i.
  Value backward(Builder& builder, const Value& diff_dst) override {
    const Value diff_src = builder.make_gradient(src_.elements);
    builder.add(Direction::backward_data, "loop", {src_, scale_, diff_dst, diff_src}, [=, &builder, this] {
      const float* const x = builder.data(src_);
      const float* const s = builder.data(scale_);
      const float* const dy = builder.data(diff_dst);
      float* const dx = builder.data(diff_src);
      constexpr auto factor = static_cast<float>(2 * Lrn::alpha * Lrn::beta / Lrn::window);
      for_planes([=, this](std::int64_t first, std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = first; i < first + plane_; ++i) {
          float sum = 0;
          for (std::int64_t j = i + begin; j < i + end; j += plane_) sum += dy[j] * x[j] * power(s[j]) / s[j];
          dx[i] = dy[i] * power(s[i]) - factor * x[i] * sum;
        }
      });
    });
    return diff_src;
  }

 private:
  /// s^-0.75.
  static float power(float s) {
    static_assert(Lrn::beta == 0.75);
    const float root = std::sqrt(s);
    return 1 / (root * std::sqrt(root));
  }

  /// Calls visit(first, begin, end) for every plane, in parallel: it begins at element `first`, and the
  /// neighbours of its element i are i + begin, i + begin + plane, … below i + end.
  template <typename Visit>
  void for_planes(Visit visit) const {
    const std::int64_t reach = Lrn::window / 2;
#pragma omp parallel for schedule(static)
    for (std::int64_t p = 0; p < images_ * channels_; ++p) {
      const std::int64_t channel = p % channels_;
      const std::int64_t before = std::min(channel, reach);
      const std::int64_t after = std::min(channels_ - 1 - channel, reach);
      visit(p * plane_, -before * plane_, after * plane_ + 1);
    }
  }

  void run_forward(const float* x, std::int64_t first, std::int64_t begin, std::int64_t end, float* y,
                   float* scale) const {
    constexpr auto factor = static_cast<float>(Lrn::alpha / Lrn::window);
    for (std::int64_t i = first; i < first + plane_; ++i) {
      float squares = 0;
      for (std::int64_t j = i + begin; j < i + end; j += plane_) squares += x[j] * x[j];
      const float s = static_cast<float>(Lrn::k) + factor * squares;
      if (scale != nullptr) scale[i] = s;
      y[i] = x[i] * power(s);
    }
  }

  std::int64_t channels_;
  std::int64_t plane_;
  std::int64_t images_ = 0;
  Value src_;
  Value dst_;
  Value scale_;
};

/// Channels are independent: each is one thread's. Training keeps mean and 1/deviation of every channel.
class BatchNormalizationPlan final : public LayerPlan {
 public:
  explicit BatchNormalizationPlan(const ModelLayer& layer)
      : layer_(layer), channels_(layer.input.channels), plane_(layer.input.height * layer.input.width) {}

  Value forward(Builder& builder, const Value& src) override {
    images_ = builder.options.batch;
    src_ = src;
    dst_ = builder.training() ? builder.make_activation(src.elements) : builder.in_place_or_new(src);
    if (builder.training()) statistics_ = builder.make_activation(2 * channels_);
    const int index = builder.layer();
    builder.add(Direction::forward, "loop", {src, dst_, statistics_}, [=, &builder, this] {
      const Parameters parameters = builder.parameters(index);
      const float* const x = builder.data(src_);
      float* const y = builder.data(dst_);
      float* const statistics = statistics_ ? builder.data(statistics_) : nullptr;
#pragma omp parallel for schedule(static)
      for (std::int64_t c = 0; c < channels_; ++c) {
        Statistics of{0, 1 / std::sqrt(1 + BatchNormalization::epsilon)};
        if (statistics != nullptr) {
          of = statistics_of(x, c);
          statistics[2 * c] = static_cast<float>(of.mean);
          statistics[2 * c + 1] = static_cast<float>(of.scale);
        }
        const auto mean = static_cast<float>(of.mean);
        const float factor = static_cast<float>(of.scale) * parameters.weights[c];
        const float shift = parameters.bias[c];
        for_channel(c, [=](std::int64_t i) { y[i] = (x[i] - mean) * factor + shift; });
      }
    });
    return dst_;
  }

  /// With x̂ the normalised input: dγ = Σ dy·x̂, dβ = Σ dy, and where it is wanted, in a second operation,
  /// dx = γ/σ · (dy - (dβ + x̂ · dγ) / m) over the m elements of the channel (Ioffe & Szegedy 2015, §3).
  Value backward(Builder& builder, const Value& diff) override {
    const int index = builder.layer();
    builder.add(Direction::backward_weights, "loop", {src_, statistics_, diff}, [=, &builder, this] {
      const Parameters gradients = builder.gradients(index);
      const float* const x = builder.data(src_);
      const float* const dy = builder.data(diff);
      const float* const statistics = builder.data(statistics_);
#pragma omp parallel for schedule(static)
      for (std::int64_t c = 0; c < channels_; ++c) {
        const float mean = statistics[2 * c];
        double along = 0;
        double sum = 0;
        for_channel(c, [&](std::int64_t i) {
          along += static_cast<double>(dy[i]) * static_cast<double>(x[i] - mean);
          sum += static_cast<double>(dy[i]);
        });
        gradients.weights[c] = static_cast<float>(along * static_cast<double>(statistics[2 * c + 1]));
        gradients.bias[c] = static_cast<float>(sum);
      }
    });
    if (!layer_.input_gradient) return {};
    builder.add(Direction::backward_data, "loop", {src_, statistics_, diff}, [=, &builder, this] {
      const Parameters gradients = builder.gradients(index);
      const float* const weights = builder.parameters(index).weights;
      const float* const x = builder.data(src_);
      float* const dy = builder.data(diff);
      const float* const statistics = builder.data(statistics_);
      const auto count = static_cast<float>(images_ * plane_);
#pragma omp parallel for schedule(static)
      for (std::int64_t c = 0; c < channels_; ++c) {
        const float mean = statistics[2 * c];
        const float scale = statistics[2 * c + 1];
        const float factor = weights[c] * scale;
        const float shift = gradients.bias[c] / count;
        const float along = gradients.weights[c] / count * scale;
        for_channel(c, [=](std::int64_t i) { dy[i] = factor * (dy[i] - shift - (x[i] - mean) * along); });
      }
    });
    return diff;
  }

 private:
  struct Statistics {
    double mean;
    double scale;  ///< 1/√(variance + ε)
  };

  /// Calls visit(i) for the elements of a channel, over the batch.
  template <typename Visit>
  void for_channel(std::int64_t channel, Visit visit) const {
    for (std::int64_t n = 0; n < images_; ++n) {
      const std::int64_t first = (n * channels_ + channel) * plane_;
      for (std::int64_t i = first; i < first + plane_; ++i) visit(i);
    }
  }

  Statistics statistics_of(const float* x, std::int64_t channel) const {
    const auto count = static_cast<double>(images_ * plane_);
    double sum = 0;
    for_channel(channel, [&](std::int64_t i) { sum += static_cast<double>(x[i]); });
    const double mean = sum / count;
    double squares = 0;
    for_channel(channel, [&](std::int64_t i) {
      const double difference = static_cast<double>(x[i]) - mean;
      squares += difference * difference;
    });
    return {mean, 1 / std::sqrt(squares / count + BatchNormalization::epsilon)};
  }

  const ModelLayer& layer_;
  std::int64_t channels_;
  std::int64_t plane_;
  std::int64_t images_ = 0;
  Value src_;
  Value dst_;
  Value statistics_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const LocalResponseNormalization&) {
  return std::make_unique<LrnPlan>(layer);
}

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const BatchNormalization&) {
  return std::make_unique<BatchNormalizationPlan>(layer);
}

}  // namespace cnnbench::gemm

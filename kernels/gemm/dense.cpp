#include <algorithm>

#include "kernels/gemm/activation.h"
#include "kernels/gemm/builder.h"

namespace cnnbench::gemm {
namespace {

/// output = input · weightsᵀ, images × units; weights are units × inputs.
class DensePlan final : public LayerPlan {
 public:
  DensePlan(const ModelLayer& layer, const Dense& dense)
      : layer_(layer), dense_(dense), inputs_(layer.input.size()), units_(dense.units) {}

  Value forward(Builder& builder, const Value& src) override {
    batch_ = builder.options.batch;
    src_ = src;
    dst_ = builder.make_activation(batch_ * units_);
    builder.add(
        Direction::forward, implementation(builder), {src, dst_},
        [&builder, this, index = builder.layer()] { run_forward(builder, builder.parameters(index)); });
    if (builder.training() && dense_.activation != Activation::none) dst_.writable = false;
    return dst_;
  }

  Value backward(Builder& builder, const Value& diff_dst) override {
    builder.add(Direction::backward_weights, implementation(builder), {src_, dst_, diff_dst},
                [&builder, this, diff_dst, index = builder.layer()] {
                  run_through_activation(builder, diff_dst, builder.gradients(index).bias);
                  const Matrix a{builder.data(diff_dst), units_, true};
                  const Matrix b{builder.data(src_), inputs_};
                  builder.library.multiply(units_, inputs_, batch_, a, b, 0, builder.gradients(index).weights,
                                           inputs_);
                });
    Value diff_src;
    if (layer_.input_gradient) {
      diff_src = builder.make_gradient(src_.elements);
      builder.add(Direction::backward_data, implementation(builder), {diff_dst, diff_src},
                  [&builder, this, diff_dst, diff_src, index = builder.layer()] {
                    const Matrix a{builder.data(diff_dst), units_};
                    const Matrix b{builder.parameters(index).weights, inputs_};
                    builder.library.multiply(batch_, inputs_, units_, a, b, 0, builder.data(diff_src),
                                             inputs_);
                  });
    }
    return diff_src;
  }

 private:
  static std::string implementation(const Builder& builder) { return "sgemm " + builder.library.kernel(); }

  void run_forward(const Builder& builder, const Parameters& parameters) const {
    const Matrix a{builder.data(src_), inputs_};
    const Matrix b{parameters.weights, inputs_, true};
    float* const dst = builder.data(dst_);
    builder.library.multiply(batch_, units_, inputs_, a, b, 0, dst, units_);
    if (parameters.bias == nullptr && dense_.activation == Activation::none) return;
#pragma omp parallel for schedule(static)
    for (std::int64_t n = 0; n < batch_; ++n) {
      float* const row = dst + n * units_;
      if (parameters.bias != nullptr)
        for (std::int64_t unit = 0; unit < units_; ++unit) row[unit] += parameters.bias[unit];
      add_bias_and_activate(dense_.activation, 0, row, row, units_);
    }
  }

  /// Turns the gradient after the activation into that of the sums, in place, and adds up that of the bias.
  void run_through_activation(const Builder& builder, const Value& diff_dst, float* diff_bias) const {
    const float* const result = builder.data(dst_);
    float* const gradient = builder.data(diff_dst);
    if (dense_.activation != Activation::none) {
#pragma omp parallel for schedule(static)
      for (std::int64_t n = 0; n < batch_; ++n)
        through_activation(dense_.activation, result + n * units_, gradient + n * units_, units_);
    }
    if (diff_bias == nullptr) return;
    constexpr std::int64_t block = 64;  // sums in registers and in the first-level cache
#pragma omp parallel for schedule(static)
    for (std::int64_t first = 0; first < units_; first += block) {
      const std::int64_t count = std::min(block, units_ - first);
      double sums[block] = {};
      for (std::int64_t n = 0; n < batch_; ++n)
        for (std::int64_t i = 0; i < count; ++i)
          sums[i] += static_cast<double>(gradient[n * units_ + first + i]);
      for (std::int64_t i = 0; i < count; ++i) diff_bias[first + i] = static_cast<float>(sums[i]);
    }
  }

  const ModelLayer& layer_;
  Dense dense_;
  std::int64_t inputs_;
  std::int64_t units_;
  std::int64_t batch_ = 0;
  Value src_;
  Value dst_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Dense& dense) {
  return std::make_unique<DensePlan>(layer, dense);
}

}  // namespace cnnbench::gemm

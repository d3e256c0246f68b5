#include "kernels/gemm/activation.h"

#include <algorithm>
#include <cmath>

#include "kernels/common/dropout.h"
#include "kernels/gemm/builder.h"

namespace cnnbench::gemm {
namespace {

/// Calls `visit(function)` with f(x) and f'(x) by the result y.
template <typename Visit>
auto with_function(Activation function, Visit visit) {
  switch (function) {
    case Activation::relu:
      return visit([](float x) { return x > 0 ? x : 0.0F; }, [](float y) { return y > 0 ? 1.0F : 0.0F; });
    case Activation::tanh:
      return visit([](float x) { return std::tanh(x); }, [](float y) { return 1 - y * y; });
    case Activation::sigmoid:
      return visit([](float x) { return 1 / (1 + std::exp(-x)); }, [](float y) { return y * (1 - y); });
    case Activation::none:
      break;
  }
  return visit([](float x) { return x; }, [](float) { return 1.0F; });
}

constexpr std::int64_t chunk = 4096;  // what one thread takes at a time, within its first-level cache

/// Calls work(first, count) for all pieces of [0, elements), on all threads.
template <typename Work>
void in_chunks(std::int64_t elements, Work work) {
#pragma omp parallel for schedule(static)
  for (std::int64_t first = 0; first < elements; first += chunk)
    work(first, std::min(chunk, elements - first));
}

/// An activation function as a layer: in place, its backward pass from the output alone.
class ActivationPlan final : public LayerPlan {
 public:
  ActivationPlan(const ModelLayer& layer, const ActivationLayer& activation)
      : layer_(layer), function_(activation.function) {}

  Value forward(Builder& builder, const Value& src) override {
    dst_ = builder.in_place_or_new(src);
    builder.add(Direction::forward, "loop", {src, dst_}, [&builder, function = function_, src, dst = dst_] {
      const float* const x = builder.data(src);
      float* const y = builder.data(dst);
      in_chunks(src.elements, [=](std::int64_t first, std::int64_t count) {
        add_bias_and_activate(function, 0, x + first, y + first, count);
      });
    });
    if (builder.training() && layer_.backward) dst_.writable = false;
    return dst_;
  }

  Value backward(Builder& builder, const Value& diff) override {
    builder.add(Direction::backward_data, "loop", {dst_, diff},
                [&builder, function = function_, dst = dst_, diff] {
                  const float* const y = builder.data(dst);
                  float* const gradient = builder.data(diff);
                  in_chunks(diff.elements, [=](std::int64_t first, std::int64_t count) {
                    through_activation(function, y + first, gradient + first, count);
                  });
                });
    return diff;
  }

 private:
  const ModelLayer& layer_;
  Activation function_;
  Value dst_;
};

/// (x - mean) / sd.
class StandardizePlan final : public LayerPlan {
 public:
  explicit StandardizePlan(const Standardize& layer)
      : scale_(static_cast<float>(1.0 / layer.sd)), shift_(static_cast<float>(-layer.mean / layer.sd)) {}

  Value forward(Builder& builder, const Value& src) override {
    const Value dst = builder.in_place_or_new(src);
    builder.add(Direction::forward, "loop", {src, dst}, [&builder, src, dst, scale = scale_, shift = shift_] {
      const float* const x = builder.data(src);
      float* const y = builder.data(dst);
#pragma omp parallel for simd schedule(static)
      for (std::int64_t i = 0; i < src.elements; ++i) y[i] = x[i] * scale + shift;
    });
    return dst;
  }

  Value backward(Builder& builder, const Value& diff) override {
    builder.add(Direction::backward_data, "loop", {diff}, [&builder, diff, scale = scale_] {
      float* const gradient = builder.data(diff);
#pragma omp parallel for simd schedule(static)
      for (std::int64_t i = 0; i < diff.elements; ++i) gradient[i] *= scale;
    });
    return diff;
  }

 private:
  float scale_;
  float shift_;
};

/// A new mask in every step.
class DropoutPlan final : public LayerPlan {
 public:
  Value forward(Builder& builder, const Value& src) override {
    if (!builder.training()) return src;
    const Value dst = builder.in_place_or_new(src);
    mask_ = builder.make_activation(src.elements);
    builder.values[static_cast<std::size_t>(builder.layer())].mask = mask_;
    builder.add(
        Direction::forward, "philox+multiply", {src, dst, mask_},
        [&builder, layer = builder.layer(), src, dst, mask = mask_, step = std::uint64_t{0}]() mutable {
          common::drop_plain({builder.model, layer, builder.options.seed, step++, builder.data(src),
                              builder.data(dst), builder.data(mask)},
                             src.elements);
        });
    return dst;
  }

  Value backward(Builder& builder, const Value& diff) override {
    builder.add(Direction::backward_data, "loop", {diff, mask_}, [&builder, diff, mask = mask_] {
      common::drop_gradient(builder.data(diff), builder.data(mask), diff.elements);
    });
    return diff;
  }

 private:
  Value mask_;
};

/// Nothing to do: NCHW order is that of the flattened vector already.
class FlattenPlan final : public LayerPlan {
 public:
  Value forward(Builder&, const Value& src) override { return src; }
  Value backward(Builder&, const Value& diff_dst) override { return diff_dst; }
};

}  // namespace

void add_bias_and_activate(Activation function, float bias, const float* x, float* y, std::int64_t count) {
  with_function(function, [=](auto apply, auto) {
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) y[i] = apply(x[i] + bias);
  });
}

double through_activation(Activation function, const float* result, float* gradient, std::int64_t count) {
  double sum = 0;
  if (function == Activation::none) {
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(gradient[i]);
    return sum;
  }
  with_function(function, [=, &sum](auto, auto derivative) {
    double partial = 0;
#pragma omp simd reduction(+ : partial)
    for (std::int64_t i = 0; i < count; ++i) {
      gradient[i] *= derivative(result[i]);
      partial += static_cast<double>(gradient[i]);
    }
    sum = partial;
  });
  return sum;
}

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const ActivationLayer& activation) {
  return std::make_unique<ActivationPlan>(layer, activation);
}

std::unique_ptr<LayerPlan> make_plan(const ModelLayer&, const Standardize& standardize) {
  return std::make_unique<StandardizePlan>(standardize);
}

std::unique_ptr<LayerPlan> make_plan(const ModelLayer&, const Dropout&) {
  return std::make_unique<DropoutPlan>();
}

std::unique_ptr<LayerPlan> make_plan(const ModelLayer&, const Flatten&) {
  return std::make_unique<FlattenPlan>();
}

}  // namespace cnnbench::gemm

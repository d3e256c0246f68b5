#include <algorithm>

#include "harness/backend/initial_values.h"
#include "kernels/onednn/builder.h"
#include "kernels/onednn/compat.h"
#include "kernels/onednn/layout.h"
#include "kernels/onednn/weighted_layer.h"

namespace cnnbench::onednn {
namespace {

/// Adds an eltwise operation, in place where that is allowed; returns its destination.
Value add_eltwise(Builder& builder, const Value& src, dnnl::algorithm algorithm, float alpha, float beta) {
  const Value dst = src.writable ? src : builder.make_value(src.dims, src.desc);
  const auto desc = compat::eltwise_forward(builder.library(Direction::forward), builder.forward_kind(),
                                            algorithm, src.desc, alpha, beta);
  builder.add(Direction::forward, desc.impl_info_str(), dnnl::eltwise_forward(desc),
              {{DNNL_ARG_SRC, src.data}, {DNNL_ARG_DST, dst.data}});
  if (dst.buffer != src.buffer) builder.discard(src);
  return dst;
}

/// Adds an eltwise backward operation in place of the gradient. `data` is the destination or the source of
/// the forward operation, as the algorithm wants it.
Value add_eltwise_backward(Builder& builder, const Value& gradient, const Value& data, int data_argument,
                           dnnl::algorithm algorithm, float alpha, float beta) {
  const Value diff = builder.converted(gradient, data.desc);
  const auto hint = compat::eltwise_forward(builder.engine, dnnl::prop_kind::forward_training, algorithm,
                                            data.desc, alpha, beta);
  const auto desc = compat::eltwise_backward(builder.library(Direction::backward_data), hint, algorithm,
                                             data.desc, data.desc, alpha, beta);
  builder.add(Direction::backward_data, desc.impl_info_str(), dnnl::eltwise_backward(desc),
              {{data_argument, data.data}, {DNNL_ARG_DIFF_DST, diff.data}, {DNNL_ARG_DIFF_SRC, diff.data}});
  return diff;
}

/// An activation function as a layer: in place, its backward pass from the output alone.
class ActivationPlan final : public LayerPlan {
 public:
  explicit ActivationPlan(const ModelLayer& layer)
      : layer_(layer), function_(std::get<ActivationLayer>(layer.kind).function) {}

  Value forward(Builder& builder, const Value& src) override {
    dst_ = add_eltwise(builder, src, eltwise_algorithm(function_, false), 0, 0);
    if (builder.training() && layer_.backward) dst_.writable = false;
    return dst_;
  }

  Value backward(Builder& builder, const Value& diff_dst) override {
    return add_eltwise_backward(builder, diff_dst, dst_, DNNL_ARG_DST, eltwise_algorithm(function_, true), 0,
                                0);
  }

 private:
  const ModelLayer& layer_;
  Activation function_;
  Value dst_;
};

/// (x - mean) / sd as a linear eltwise operation.
class StandardizePlan final : public LayerPlan {
 public:
  explicit StandardizePlan(const Standardize& layer)
      : scale_(static_cast<float>(1.0 / layer.sd)), shift_(static_cast<float>(-layer.mean / layer.sd)) {}

  Value forward(Builder& builder, const Value& src) override {
    dst_ = add_eltwise(builder, src, dnnl::algorithm::eltwise_linear, scale_, shift_);
    return dst_;
  }

  Value backward(Builder& builder, const Value& diff_dst) override {
    // The derivative is a constant: the source is an argument that no element depends on.
    return add_eltwise_backward(builder, diff_dst, dst_, DNNL_ARG_SRC, dnnl::algorithm::eltwise_linear,
                                scale_, shift_);
  }

 private:
  float scale_;
  float shift_;
  Value dst_;
};

/// Dropout by a loop of our own (the library has no such primitive in 2.x): a new mask in every step.
class DropoutPlan final : public LayerPlan {
 public:
  Value forward(Builder& builder, const Value& src) override {
    if (!builder.training()) return src;
    const Value dst = src.writable ? src : builder.make_value(src.dims, src.desc);
    mask_ = builder.make_value(src.dims, src.desc);
    builder.values[static_cast<std::size_t>(builder.layer())].mask = mask_;
    const auto count = static_cast<std::int64_t>(src.desc.get_size() / sizeof(float));
    builder.add(
        Direction::forward, "philox+multiply",
        [&builder, layer = builder.layer(), src, dst, mask = mask_, count,
         step = std::uint64_t{0}]() mutable {
          run_forward(builder, layer, step++, src.data, dst.data, mask.data, count);
        },
        1, layouts_of({src.desc}, {dst.desc}));
    return dst;
  }

  Value backward(Builder& builder, const Value& given) override {
    const Value diff = builder.converted(given, mask_.desc);
    const auto count = static_cast<std::int64_t>(mask_.desc.get_size() / sizeof(float));
    builder.add(
        Direction::backward_data, "multiply",
        [diff, mask = mask_, count] {
          float* const gradient = static_cast<float*>(diff.data.get_data_handle());
          const float* const factor = static_cast<const float*>(mask.data.get_data_handle());
#pragma omp parallel for simd schedule(static)
          for (std::int64_t i = 0; i < count; ++i) gradient[i] *= factor[i];
        },
        1, layouts_of({diff.desc}, {diff.desc}));
    return diff;
  }

 private:
  /// The mask is drawn in the order of the memory, so that element i of the stream goes to element i of the
  /// buffer.
  static void run_forward(const Builder& builder, int layer, std::uint64_t step, const memory& src,
                          const memory& dst, const memory& mask, std::int64_t count) {
    const float* const in = static_cast<const float*>(src.get_data_handle());
    float* const out = static_cast<float*>(dst.get_data_handle());
    float* const factor = static_cast<float*>(mask.get_data_handle());
    constexpr std::int64_t chunk = 2048;  // stays in the first-level cache between drawing and multiplying
#pragma omp parallel for schedule(static)
    for (std::int64_t first = 0; first < count; first += chunk) {
      const std::int64_t length = std::min(chunk, count - first);
      dropout_mask(builder.model, layer, builder.options.seed, step,
                   {factor + first, static_cast<std::size_t>(length)}, static_cast<std::uint64_t>(first));
      for (std::int64_t i = first; i < first + length; ++i) out[i] = in[i] * factor[i];
    }
  }

  Value mask_;
};

class NothingPlan final : public LayerPlan {
 public:
  Value forward(Builder&, const Value& src) override { return src; }
  Value backward(Builder&, const Value& diff_dst) override { return diff_dst; }
};

}  // namespace

std::unique_ptr<LayerPlan> make_activation(const ModelLayer& layer) {
  return std::make_unique<ActivationPlan>(layer);
}

std::unique_ptr<LayerPlan> make_standardize(const ModelLayer& layer) {
  return std::make_unique<StandardizePlan>(std::get<Standardize>(layer.kind));
}

std::unique_ptr<LayerPlan> make_dropout(const ModelLayer&) {
  return std::make_unique<DropoutPlan>();
}

std::unique_ptr<LayerPlan> make_nothing() {
  return std::make_unique<NothingPlan>();
}

}  // namespace cnnbench::onednn

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "kernels/common/dropout.h"
#include "kernels/onednn/builder.h"
#include "kernels/onednn/compat.h"
#include "kernels/onednn/layout.h"
#include "kernels/onednn/plain_walk.h"
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
  return dst;
}

/// Adds an eltwise backward operation in place of the gradient. `data` is the destination or the source of
/// the forward operation, as the algorithm wants it.
Value add_eltwise_backward(Builder& builder, const Value& gradient, const Value& data, int data_argument,
                           dnnl::algorithm algorithm, float alpha, float beta) {
  const Value diff = builder.in_layout(gradient, data.desc);
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
  ActivationPlan(const ModelLayer& layer, const ActivationLayer& activation)
      : layer_(layer), function_(activation.function) {}

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

/// In any layout, a channel of an image at a time: element i of the stream is element i of the plain tensor.
/// What fills up the last blocks becomes 0.
void drop_anywhere(const common::DropoutStep& at, const Places& places) {
  const std::int64_t channels = places.dims[1];
  const std::int64_t width = places.dims[3];
  const std::int64_t pixels = places.dims[2] * width;
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t image = 0; image < places.padded[0]; ++image)
    for (std::int64_t channel = 0; channel < places.padded[1]; ++channel) {
      const bool padding = image >= places.dims[0] || channel >= channels;
      const std::int64_t base = places.offsets[0][static_cast<std::size_t>(image)] +
                                places.offsets[1][static_cast<std::size_t>(channel)];
      const std::int64_t start = (image * channels + channel) * pixels;
      constexpr std::int64_t drawn_at_once = common::drawn_at_once;
      float drawn[drawn_at_once + 4] = {};
      for (std::int64_t first = 0; first < pixels; first += drawn_at_once) {
        const std::int64_t length = std::min(drawn_at_once, pixels - first);
        const std::int64_t before = (start + first) % 4;
        if (!padding) at.draw(drawn, start + first - before, before + length);
        for (std::int64_t i = 0; i < length; ++i) {
          const std::int64_t offset = base +
                                      places.offsets[2][static_cast<std::size_t>((first + i) / width)] +
                                      places.offsets[3][static_cast<std::size_t>((first + i) % width)];
          at.mask[offset] = padding ? 0 : drawn[before + i];
          at.dst[offset] = padding ? 0 : at.src[offset] * drawn[before + i];
        }
      }
    }
}

/// Dropout by a loop of our own (the library has no such primitive in 2.x): a new mask in every step.
class DropoutPlan final : public LayerPlan {
 public:
  Value forward(Builder& builder, const Value& src) override {
    if (!builder.training()) return src;
    const Value dst = src.writable ? src : builder.make_value(src.dims, src.desc);
    mask_ = builder.make_value(src.dims, src.desc);
    builder.values[static_cast<std::size_t>(builder.layer())].mask = mask_;
    const std::optional<Places> places = places_of(src.desc);
    if (!places) throw std::runtime_error("dropout: its input is in a layout of the library's own");
    builder.add(
        Direction::forward, "philox+multiply", {src.data, dst.data, mask_.data},
        [&builder, layer = builder.layer(), src, dst, mask = mask_, places = *places,
         plain = is_plain(*places), step = std::uint64_t{0}]() mutable {
          const common::DropoutStep now{
              builder.model,    layer, builder.options.seed, step++, floats(src.data), floats(dst.data),
              floats(mask.data)};
          if (plain)
            common::drop_plain(now, static_cast<std::int64_t>(src.desc.get_size() / sizeof(float)));
          else
            drop_anywhere(now, places);
        },
        layouts_of({src.desc}, {dst.desc}));
    return dst;
  }

  Value backward(Builder& builder, const Value& given) override {
    const Value diff = builder.in_layout(given, mask_.desc);
    const auto count = static_cast<std::int64_t>(mask_.desc.get_size() / sizeof(float));
    builder.add(
        Direction::backward_data, "multiply", {diff.data, mask_.data},
        [diff = diff.data, mask = mask_.data, count] {
          common::drop_gradient(floats(diff), floats(mask), count);
        },
        layouts_of({diff.desc}, {diff.desc}));
    return diff;
  }

 private:
  Value mask_;
};

/// A flattened value lies in memory as it was: see Value.
class FlattenPlan final : public LayerPlan {
 public:
  Value forward(Builder&, const Value& src) override { return src; }
  Value backward(Builder&, const Value& diff_dst) override { return diff_dst; }
};

}  // namespace

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

}  // namespace cnnbench::onednn

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "harness/backend/initial_values.h"
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

/// So many factors of dropout are drawn at a time: they stay in the first-level cache until they are used.
constexpr std::int64_t drawn_at_once = 2048;

/// One step of dropout: dst = src · mask, the mask drawn for it.
struct DropoutStep {
  const Model& model;
  int layer;
  std::uint64_t seed;
  std::uint64_t step;
  const float* src;
  float* dst;
  float* mask;

  /// `count` factors from element `first`, a multiple of 4, of the plain tensor.
  void draw(float* to, std::int64_t first, std::int64_t count) const {
    dropout_mask(model, layer, seed, step, {to, static_cast<std::size_t>(count)},
                 static_cast<std::uint64_t>(first));
  }
};

/// Where memory has the order of the plain tensor.
void drop_plain(const DropoutStep& at, std::int64_t count) {
#pragma omp parallel for schedule(static)
  for (std::int64_t first = 0; first < count; first += drawn_at_once) {
    const std::int64_t length = std::min(drawn_at_once, count - first);
    at.draw(at.mask + first, first, length);
    for (std::int64_t i = first; i < first + length; ++i) at.dst[i] = at.src[i] * at.mask[i];
  }
}

/// In any layout, a channel of an image at a time: element i of the stream is element i of the plain tensor.
/// What fills up the last blocks becomes 0.
void drop_anywhere(const DropoutStep& at, const Places& places) {
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
        Direction::forward, "philox+multiply",
        [&builder, layer = builder.layer(), src, dst, mask = mask_, places = *places,
         plain = is_plain(*places), step = std::uint64_t{0}]() mutable {
          const auto floats = [](const Value& of) { return static_cast<float*>(of.data.get_data_handle()); };
          const DropoutStep now{builder.model, layer,       builder.options.seed, step++,
                                floats(src),   floats(dst), floats(mask)};
          if (plain)
            drop_plain(now, static_cast<std::int64_t>(src.desc.get_size() / sizeof(float)));
          else
            drop_anywhere(now, places);
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

#include <cmath>

#include "kernels/xnnpack/builder.h"

namespace cnnbench::xnnpack {

void Builder::add_activation(Activation function, const Value& src, const Value& dst) {
  const std::int64_t count = batch() * src.shape.size();
  if (function == Activation::tanh && !compat::has_tanh) {
    add_loop(
        Direction::forward, "loop tanh", {src, dst}, count,
        [this, src, dst](std::int64_t begin, std::int64_t end) {
          const float* const in = data(src);
          float* const out = data(dst);
          for (std::int64_t i = begin; i < end; ++i) out[i] = std::tanh(in[i]);
        },
        src.order());
    return;
  }
  const auto channels = static_cast<std::size_t>(src.shape.size());  // the order of the elements is nothing
  const auto rows = static_cast<std::size_t>(batch());
  const std::string name = function == Activation::relu ? "clamp" : std::string(to_string(function));
  add_operator(
      name + " nc f32", {src, dst},
      [function, channels](std::uint32_t flags, xnn_operator_t* result) {
        return compat::create_activation(function, channels, flags, result);
      },
      [this, function, rows, channels, src, dst](xnn_operator_t op, compat::Workspace&) {
        return compat::set_up_activation(op, function, rows, channels, data(src), data(dst), pool.get());
      },
      src.order());
}

Value add_layer(Builder& builder, const ModelLayer&, const ActivationLayer& activation, const Value& src) {
  const Value dst = builder.place_for_output(src);
  builder.add_activation(activation.function, src, dst);
  return dst;
}

/// (x - mean) / sd by a loop of our own: the library's multiply and add would pass over the data twice.
Value add_layer(Builder& builder, const ModelLayer&, const Standardize& standardize, const Value& src) {
  const Value dst = builder.place_for_output(src);
  const auto scale = static_cast<float>(1.0 / standardize.sd);
  const auto shift = static_cast<float>(-standardize.mean / standardize.sd);
  builder.add_loop(
      Direction::forward, "loop standardize", {src, dst}, builder.batch() * src.shape.size(),
      [&builder, src, dst, scale, shift](std::int64_t begin, std::int64_t end) {
        const float* const in = builder.data(src);
        float* const out = builder.data(dst);
        for (std::int64_t i = begin; i < end; ++i) out[i] = in[i] * scale + shift;
      },
      src.order());
  return dst;
}

}  // namespace cnnbench::xnnpack

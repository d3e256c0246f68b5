#include "kernels/xnnpack/builder.h"

#include <algorithm>
#include <utility>

namespace cnnbench::xnnpack {

Builder::Builder(const Model& given_model, const PrepareOptions& given_options)
    : model(given_model), options(given_options), pool(given_options.threads) {}

Value Builder::make_value(const Shape& shape, bool nhwc) {
  const int buffer = buffers.acquire(static_cast<std::size_t>(batch() * shape.size()));
  return {shape, nhwc, buffer, false, true};
}

void Builder::discard(const Value& value) {
  if (!value.kept) buffers.release(value.buffer);
}

Value Builder::in_nhwc(const Value& value, const Shape& shape) {
  Value same = value;
  same.shape = shape;
  same.nhwc = true;
  const bool flattened = value.shape != shape;
  // A vector is in order where the image that it was lies in CHW order; an image where it lies in HWC order.
  if (value.one_order() || value.nhwc != flattened) return same;

  const Value reordered = make_value(shape);
  const std::int64_t pixels = value.shape.height * value.shape.width;
  const std::int64_t channels = value.shape.channels;
  // Pieces of pixels, so that few large images keep all threads busy, too.
  const std::int64_t piece = std::min<std::int64_t>(pixels, 512);
  const std::int64_t pieces = (pixels + piece - 1) / piece;
  const auto loop = [this, value, reordered, pixels, channels, piece, pieces](std::int64_t begin,
                                                                              std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t image = i / pieces * pixels * channels;
      const std::int64_t first = i % pieces * piece;
      const std::int64_t last = std::min(pixels, first + piece);
      const float* const src = data(value) + image;
      float* const dst = data(reordered) + image;
      if (value.nhwc) {
        for (std::int64_t c = 0; c < channels; ++c)
          for (std::int64_t p = first; p < last; ++p) dst[c * pixels + p] = src[p * channels + c];
      } else {
        for (std::int64_t p = first; p < last; ++p)
          for (std::int64_t c = 0; c < channels; ++c) dst[p * channels + c] = src[c * pixels + p];
      }
    }
  };
  add_loop(Direction::reorder, value.nhwc ? "loop nhwc to nchw" : "loop nchw to nhwc", batch() * pieces, loop,
           value.nhwc ? "nhwc → nchw" : "nchw → nhwc");
  discard(value);
  return reordered;
}

Value Builder::place_for_output(const Value& src) {
  return src.writable ? src : make_value(src.shape, src.nhwc);
}

void Builder::add_operator(const std::string& implementation,
                           std::function<xnn_status(std::uint32_t, xnn_operator_t*)> create,
                           std::function<xnn_status(xnn_operator_t, compat::Workspace&)> set_up,
                           const std::string& layout) {
  operations.push_back({layer_, Direction::forward, "xnn " + implementation, 1, layout});
  actions.push_back({layer_, std::move(create), std::move(set_up), 0, {}});
}

void Builder::add_loop(Direction direction, const std::string& implementation, std::int64_t count, Range loop,
                       const std::string& layout) {
  operations.push_back({layer_, direction, implementation, 1, layout});
  actions.push_back({layer_, {}, {}, count, std::move(loop)});
}

std::size_t Builder::add_parameter(Tensor tensor, std::int64_t outer, const Shape& inner, bool hwc) {
  constexpr std::size_t alignment = 64 / sizeof(float);
  const Parameter parameter{layer_, tensor, outer, inner, hwc, arena_size_};
  arena_size_ += (parameter.size() + alignment - 1) / alignment * alignment;
  parameters.push_back(parameter);
  return parameters.size() - 1;
}

void transpose(const float* src, std::int64_t rows, std::int64_t columns, float* dst) {
  for (std::int64_t column = 0; column < columns; ++column)
    for (std::int64_t row = 0; row < rows; ++row) dst[column * rows + row] = src[row * columns + column];
}

}  // namespace cnnbench::xnnpack

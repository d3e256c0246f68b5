#include "kernels/xnnpack/builder.h"

#include <algorithm>
#include <utility>

#include "kernels/common/window.h"

namespace cnnbench::xnnpack {
namespace {

/// Memory is touched by the pool's threads, which sleep afterwards.
common::ParallelFor on(const ThreadPool& pool) {
  return [&pool](std::int64_t count, const common::LoopBody& body) { pool.run(count, body, true); };
}

}  // namespace

Builder::Builder(const Model& of, const PrepareOptions& with)
    : BuilderBase(of, with, common::ParameterArena(on(pool))),
      pool(with.threads),
      buffers(on(pool)),
      values(of.layers.size()) {}

/// With the extra bytes that the library's kernels may read past the end of a tensor.
std::size_t Builder::bytes(const Shape& shape) const {
  return static_cast<std::size_t>(batch() * shape.size()) * sizeof(float) + XNN_EXTRA_BYTES;
}

Value Builder::make_input() {
  return {model.input, false, buffers.dedicate(bytes(model.input)), false};
}

Value Builder::make_value(const Shape& shape, bool nhwc) {
  return {shape, nhwc, buffers.add(bytes(shape)), true};
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
  add_loop(Direction::reorder, value.nhwc ? "loop nhwc to nchw" : "loop nchw to nhwc", {value, reordered},
           batch() * pieces, loop, value.nhwc ? "nhwc → nchw" : "nchw → nhwc");
  return reordered;
}

Value Builder::place_for_output(const Value& src) {
  return src.writable ? src : make_value(src.shape, src.nhwc);
}

void Builder::note(std::initializer_list<Value> uses) {
  for (const Value& value : uses) buffers.use(value.buffer, operations.size());
}

void Builder::add_operator(const std::string& implementation, std::initializer_list<Value> uses,
                           std::function<xnn_status(std::uint32_t, xnn_operator_t*)> create,
                           std::function<xnn_status(xnn_operator_t, compat::Workspace&)> set_up,
                           const std::string& layout) {
  note(uses);
  operations.push_back({layer(), Direction::forward, "xnn " + implementation, layout});
  actions.push_back({layer(), std::move(create), std::move(set_up), 0, {}});
}

void Builder::add_loop(Direction direction, const std::string& implementation,
                       std::initializer_list<Value> uses, std::int64_t count, common::LoopBody loop,
                       const std::string& layout) {
  note(uses);
  operations.push_back({layer(), direction, implementation, layout});
  actions.push_back({layer(), {}, {}, count, std::move(loop)});
}

std::size_t Builder::add_parameter(Tensor tensor, std::int64_t outer, const Shape& inner, bool hwc) {
  arena.add(layer(), tensor, static_cast<std::size_t>(outer * inner.size()));
  parameters.push_back({layer(), tensor, outer, inner, hwc});
  return parameters.size() - 1;
}

compat::Window window_of(const Builder& builder, const ModelLayer& layer, const Extent& kernel,
                         const Extent& stride) {
  const auto size = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  const Padding padding = common::added_padding(layer.padding);
  return {size(padding.before.height), size(padding.after.width), size(padding.after.height),
          size(padding.before.width),  size(kernel.height),       size(kernel.width),
          size(stride.height),         size(stride.width),        size(builder.batch()),
          size(layer.input.height),    size(layer.input.width),   size(layer.input.channels)};
}

void transpose(const float* src, std::int64_t rows, std::int64_t columns, float* dst) {
  for (std::int64_t column = 0; column < columns; ++column)
    for (std::int64_t row = 0; row < rows; ++row) dst[column * rows + row] = src[row * columns + column];
}

}  // namespace cnnbench::xnnpack

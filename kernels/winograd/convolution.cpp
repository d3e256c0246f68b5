#include "kernels/winograd/convolution.h"

#include <algorithm>

#include "kernels/winograd/scratch.h"
#include "kernels/winograd/threading.h"

namespace cnnbench::winograd {
namespace {

/// Outputs at least this large do not come back from a cache before the next layer reads them.
constexpr std::int64_t streaming_bytes = std::int64_t{4} << 20;

TileMatrix<float> packed_matrix(const Shape& shape, std::int64_t block, float* data) {
  return {data, shape.elements(), shape.in_channels, Columns(shape, block).out, block};
}

void pack_weights(const Kernels& kernels, const Shape& shape, std::int64_t block, int threads,
                  const float* weights, bool rotated, float* packed) {
  const TileMatrix<float> to = packed_matrix(shape, block, packed);
  run_team(threads, [&](const Member& member) {
    for_each_row(member.share(to.columns * shape.in_channels), shape.in_channels,
                 [&](std::int64_t column, Range inputs) {
                   kernels.transform_weights(shape, weights, rotated, column, inputs, to);
                 });
  });
}

/// An image, or the maxima of 2×2 pixels of it where there are places.
template <typename Float>
Image<Float> image(Float* data, std::int64_t channels, std::int64_t height, std::int64_t width,
                   std::int64_t block, const std::uint8_t* places) {
  const std::int64_t side = places == nullptr ? 1 : 2;
  return {data, channels, height / side, width / side, block, places};
}

void convolve(const Kernels& kernels, const Shape& shape, std::int64_t block, int threads, const float* src,
              const std::uint8_t* places, const float* packed, Epilogue epilogue, float* dst,
              float* scratch) {
  const Image<const float> from =
      image(src, shape.in_channels, shape.in_height, shape.in_width, block, places);
  const std::int64_t side = epilogue.max_pool ? 2 : 1;  // of the outputs that become one
  const Image<float> to{dst, shape.out_channels, shape.out_height / side, shape.out_width / side, block};
  const Columns columns(shape, block);
  const TileMatrix<const float> weights{packed, shape.elements(), shape.in_channels, columns.out, block};
  const Blocking blocking = forward_blocking(shape, threads);
  const ForwardScratch memory(shape, block, blocking, threads, scratch);
  epilogue.streaming = to.size(shape.batch) * 4 >= streaming_bytes;
  run_team(threads, [&](const Member& member) {
    const TransformedTiles& own =
        memory.tiles[blocking.shared ? 0 : static_cast<std::size_t>(member.thread())];
    for_each_block(member, shape.tiles(), blocking, [&](Range tiles, const Member& worker) {
      const TileMatrix<float> inputs{own.inputs, shape.elements(), tiles.size(), columns.in, block};
      const TileMatrix<float> products{own.outputs, shape.elements(), tiles.size(), columns.out, block};
      for_each_row(worker.share(columns.in * tiles.size()), tiles.size(),
                   [&](std::int64_t column, Range rows) {
                     kernels.transform_input(shape, from, tiles.first, column, rows, inputs);
                   });
      worker.wait();
      const std::int64_t pairs = Kernels::pairs_of(columns.out);
      for_each_row(worker.share(shape.elements() * pairs), pairs, [&](std::int64_t place, Range part) {
        const std::int64_t element = element_at(shape, place);
        kernels.multiply({own.inputs, inputs.elements, inputs.rows, inputs.columns, block}, weights, element,
                         part, tiles_with(shape, kind_of(shape, element), tiles), shape.in_channels,
                         products);
      });
      worker.wait();  // the next block's inputs may be written from here on, its products only after a wait
      for_each_row(worker.share(columns.out * tiles.size()), tiles.size(),
                   [&](std::int64_t column, Range rows) {
                     kernels.transform_output(shape, products, tiles.first, column, rows, epilogue, to);
                   });
    });
  });
}

}  // namespace

Convolution::Convolution(const Shape& shape, std::int64_t block, const std::string& instruction_set,
                         int threads)
    : shape_(shape),
      block_(block),
      kernels_(kernels(block, shape.tile_size, instruction_set)),
      threads_(threads) {}

std::int64_t Convolution::packed_size() const {
  return packed_matrix(shape_, block_, nullptr).size();
}

std::int64_t Convolution::packed_backward_size() const {
  return packed_matrix(shape_.backward_data(), block_, nullptr).size();
}

std::int64_t Convolution::forward_scratch_size() const {
  return ForwardScratch(shape_, block_, forward_blocking(shape_, threads_), threads_, nullptr).arena.taken();
}

std::int64_t Convolution::backward_data_scratch_size() const {
  const Shape shape = shape_.backward_data();
  return ForwardScratch(shape, block_, forward_blocking(shape, threads_), threads_, nullptr).arena.taken();
}

std::int64_t Convolution::backward_weights_scratch_size() const {
  return BackwardWeightsScratch(shape_, block_, backward_weights_blocking(shape_, threads_), threads_,
                                nullptr)
      .arena.taken();
}

void Convolution::pack(const float* weights, float* packed) const {
  pack_weights(kernels_, shape_, block_, threads_, weights, false, packed);
}

void Convolution::pack_backward(const float* weights, float* packed) const {
  pack_weights(kernels_, shape_.backward_data(), block_, threads_, weights, true, packed);
}

void Convolution::forward(const float* src, const float* packed, const Epilogue& epilogue, float* dst,
                          float* scratch) const {
  convolve(kernels_, shape_, block_, threads_, src, nullptr, packed, epilogue, dst, scratch);
}

void Convolution::backward_data(const float* diff_dst, const std::uint8_t* places,
                                const float* packed_backward, const float* relu_src, float* diff_src,
                                float* scratch) const {
  convolve(kernels_, shape_.backward_data(), block_, threads_, diff_dst, places, packed_backward,
           {.positive = relu_src}, diff_src, scratch);
}

void Convolution::backward_weights(const float* src, const float* relu_dst, float* diff_dst,
                                   const std::uint8_t* places, float* diff_weights, float* diff_bias,
                                   float* scratch) const {
  const Shape& shape = shape_;
  const Image<const float> from{src, shape.in_channels, shape.in_height, shape.in_width, block_};
  const Image<float> gradient =
      image(diff_dst, shape.out_channels, shape.out_height, shape.out_width, block_, places);
  const Columns columns(shape, block_);
  const Blocking blocking = backward_weights_blocking(shape, threads_);
  const BackwardWeightsScratch memory(shape, block_, blocking, threads_, scratch);
  const TileMatrix<float>& sum = memory.sum;
  run_team(threads_, [&](const Member& member) {
    const auto thread = static_cast<std::size_t>(member.thread());
    const TransformedTiles& own = memory.tiles[blocking.shared ? 0 : thread];
    TileMatrix<float> own_sum = sum;
    own_sum.data += blocking.shared ? 0 : member.thread() * sum.size();
    float* const bias = memory.bias[thread];
    std::fill(bias, bias + columns.out * block_, 0.0F);
    bool begun = false;
    for_each_block(member, shape.tiles(), blocking, [&](Range tiles, const Member& worker) {
      const TileMatrix<float> inputs{own.inputs, shape.elements(), tiles.size(), columns.in, block_};
      const TileMatrix<float> gradients{own.outputs, shape.elements(), tiles.size(), columns.out, block_};
      worker.wait();  // for the multiplication of the block before
      for_each_row(worker.share(columns.in * tiles.size()), tiles.size(),
                   [&](std::int64_t column, Range rows) {
                     kernels_.transform_input(shape, from, tiles.first, column, rows, inputs);
                   });
      for_each_row(worker.share(columns.out * tiles.size()), tiles.size(),
                   [&](std::int64_t column, Range rows) {
                     kernels_.transform_output_gradient(shape, gradient, relu_dst, tiles.first, column, rows,
                                                        gradients, diff_bias == nullptr ? nullptr : bias);
                   });
      worker.wait();
      const std::int64_t pairs = Kernels::pairs_of(columns.out);
      for_each_row(worker.share(shape.elements() * pairs), pairs, [&](std::int64_t place, Range part) {
        const std::int64_t element = element_at(shape, place);
        kernels_.multiply_transposed(
            {own.inputs, inputs.elements, inputs.rows, inputs.columns, block_},
            {own.outputs, gradients.elements, gradients.rows, gradients.columns, block_}, element, part,
            tiles_with(shape, kind_of(shape, element), tiles), begun, own_sum);
      });
      begun = true;
    });
    member.wait();
    const int copies =
        blocking.shared ? 1 : member.threads();  // OpenMP may give fewer threads than asked for
    for_each_row(member.share(columns.out * shape.in_channels), shape.in_channels,
                 [&](std::int64_t column, Range inputs) {
                   kernels_.transform_weight_gradient(shape,
                                                      {sum.data, sum.elements, sum.rows, sum.columns, block_},
                                                      copies, sum.size(), column, inputs, diff_weights);
                 });
    if (diff_bias == nullptr) return;
    const Range channels = member.share(shape.out_channels);
    for (std::int64_t channel = channels.first; channel < channels.last; ++channel) {
      diff_bias[channel] = 0;
      for (int i = 0; i < member.threads(); ++i)
        diff_bias[channel] += memory.bias[static_cast<std::size_t>(i)][channel];
    }
  });
}

void Convolution::unpool(const float* diff_maxima, const std::uint8_t* places, float* diff_dst) const {
  const std::int64_t height = shape_.out_height;
  const std::int64_t width = shape_.out_width;
  const std::int64_t planes = shape_.batch * Columns(shape_, block_).out;
  std::fill(diff_dst, diff_dst + planes * height * width * block_, 0.0F);
  for (std::int64_t plane = 0; plane < planes; ++plane)
    for (std::int64_t i = 0; i < height / 2; ++i)
      for (std::int64_t j = 0; j < width / 2; ++j)
        for (std::int64_t lane = 0; lane < block_; ++lane, ++diff_maxima, ++places) {
          const int place = *places == dead_place ? 0 : *places;
          const std::int64_t y = plane * height + 2 * i + place / 2;
          diff_dst[(y * width + 2 * j + place % 2) * block_ + lane] = *diff_maxima;
        }
}

}  // namespace cnnbench::winograd

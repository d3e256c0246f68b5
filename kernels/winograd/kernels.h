#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/winograd/shape.h"
#include "kernels/winograd/tile_matrix.h"
#include "kernels/winograd/tiling.h"

namespace cnnbench::winograd {

/// Activations in blocks of channels: [image][channels / block][height][width][block], lanes beyond the last
/// channel zero. As the library of the other layers has them (nChw8c, nChw16c).
template <typename Float>
struct Image {
  Float* data = nullptr;
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t block = 0;
  /// Not null: a gradient that has not gone back through max pooling yet. The data, and height and width, are
  /// those of the maxima, and each goes to its place (see Epilogue) among four pixels.
  const std::uint8_t* places = nullptr;

  std::int64_t size(std::int64_t batch) const {
    return batch * blocks_of(channels, block) * height * width * block;
  }
  Float* at(std::int64_t image, std::int64_t channel_block, std::int64_t y, std::int64_t x) const {
    return data + (((image * blocks_of(channels, block) + channel_block) * height + y) * width + x) * block;
  }
};

/// Of a maximum through which no gradient comes; as a place, 0.
constexpr std::uint8_t dead_place = 4;

/// What is done to an output before it is written.
struct Epilogue {
  const float* bias = nullptr;  ///< [out_channels]; may be null
  bool relu = false;
  /// The maxima of 2×2 outputs in place of the outputs; a row or column that is left over is dropped.
  bool max_pool = false;
  /// With max pooling, if not null: as large as the output, gets the place of each maximum among the four, 0
  /// to 3 in row-major order, the first of equal ones; dead_place where ReLU made it zero.
  std::uint8_t* places = nullptr;
  /// If not null, without max pooling: as large as the output; zeros are written where it is not positive. So
  /// a gradient goes back through the ReLU whose output this was.
  const float* positive = nullptr;
  bool streaming = false;  ///< write around the caches
};

/// The innermost functions for one instruction set, one size of channel blocks and one of tiles. The rows of
/// a tile matrix are, for each kind of elements, the tiles from `first_tile` on that have them.
struct Kernels {
  /// V = Bᵀ d B for some tiles (counted from the first one) and one block of channels, `column`.
  void (*transform_input)(const Shape&, const Image<const float>& from, std::int64_t first_tile,
                          std::int64_t column, Range tiles, const TileMatrix<float>& to);

  /// Output = Aᵀ M A, with the epilogue.
  void (*transform_output)(const Shape&, const TileMatrix<float>& from, std::int64_t first_tile,
                           std::int64_t column, Range tiles, const Epilogue&, const Image<float>& to);

  /// Z = A ∂y Aᵀ. Where there is an output that went through ReLU, gradients of zeros are set to zero first,
  /// also in memory. Adds to `sums`, [out_channels] rounded up to blocks, the gradients of all pixels, if not
  /// null.
  void (*transform_output_gradient)(const Shape&, const Image<float>& gradient, const float* relu_output,
                                    std::int64_t first_tile, std::int64_t column, Range tiles,
                                    const TileMatrix<float>& to, float* sums);

  /// C = A B for one of the elements, its first `rows` rows, and some pairs of column blocks of C: M = V
  /// U, over `inner` channels.
  void (*multiply)(const TileMatrix<const float>& a, const TileMatrix<const float>& b, std::int64_t element,
                   Range pairs, std::int64_t rows, std::int64_t inner, const TileMatrix<float>& c);

  /// C = Aᵀ B, or C += Aᵀ B: ∂U = Vᵀ Z, over the first `inner` tiles.
  void (*multiply_transposed)(const TileMatrix<const float>& a, const TileMatrix<const float>& b,
                              std::int64_t element, Range pairs, std::int64_t inner, bool accumulate,
                              const TileMatrix<float>& c);

  /// U = G g Gᵀ for the block `column` of outputs and some inputs. `weights` are those of the shape's
  /// convolution, or, where `rotated`, of the one whose backward data the shape is: [its outputs][its
  /// inputs][3][3].
  void (*transform_weights)(const Shape&, const float* weights, bool rotated, std::int64_t column,
                            Range inputs, const TileMatrix<float>& to);

  /// ∂g = Gᵀ ∂U G, of the sum of `copies` matrices that lie `stride` floats apart, into
  /// [outputs][inputs][3][3].
  void (*transform_weight_gradient)(const Shape&, const TileMatrix<const float>& from, std::int64_t copies,
                                    std::int64_t stride, std::int64_t column, Range inputs, float* weights);

  /// The work is shared out by pairs of column blocks.
  static std::int64_t pairs_of(std::int64_t columns) { return (columns + 1) / 2; }
};

/// Names of the instruction sets that this binary has kernels for and this CPU can run, best first: "avx512",
/// "avx2", "sse4", "neon", …
std::vector<std::string> instruction_sets();

/// For blocks of 8 or 16 channels, tiles of size 1 or 2, on one of instruction_sets(). Throws
/// std::invalid_argument for others.
const Kernels& kernels(std::int64_t block, int tile_size, const std::string& instruction_set);

}  // namespace cnnbench::winograd

#pragma once

#include <cstdint>

#include "kernels/gemm/tiles.h"

namespace cnnbench::gemm {

/// Lays out what a convolution multiplies its filters with (Chellapilla et al. 2006, "High performance
/// convolutional neural networks for document processing"): `columns` has a row for every tap
/// (channel, kh, kw) of a group and a column for every output pixel of the tile, image by image; padding is
/// zero. `src` is the whole NCHW batch.
void im2col(const ConvolutionShape& shape, const Tile& tile, std::int64_t group, const float* src,
            float* columns);

/// The reverse: adds what lies in `columns` to the pixels of `diff_src` that it belongs to. The first tile of
/// an image sets them to zero before, so that after the last one `diff_src` holds the sum.
void col2im(const ConvolutionShape& shape, const Tile& tile, std::int64_t group, const float* columns,
            float* diff_src);

/// Copies the pixels of the tile, of the filters of a group, out of the NCHW batch into a matrix of filters ×
/// pixels.
void gather(const ConvolutionShape& shape, const Tile& tile, std::int64_t group, const float* dst,
            float* matrix);

}  // namespace cnnbench::gemm

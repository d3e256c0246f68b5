#pragma once

#include "kernels/winograd/shape.h"

namespace cnnbench::winograd {

/// How much larger rounding errors are than those of the direct sums, where intermediate results of one size
/// are rounded at random. After Barabasz et al. 2018 (arXiv:1803.10986): in one dimension the variance of
/// output i grows by Σ_l A_il² |G_l|² |B_l|² / n, with the rows G_l, B_l of the transforms and n the number
/// of terms of the direct sum; in two dimensions by the product. Where a tile hangs over the border, B_l and
/// n are of the part that is inside. Of the worst output; one with fewer terms than the mean of all, which
/// shares intermediate results with its neighbours, counts with the mean, as its error is held against the
/// tensor's. 10.4 for whole tiles of F(4×4, 3×3), 46.3 for F(6×6, 3×3).
double forward_error_growth(const Shape& shape);

/// The same of the weights' gradient, Σ_l G_li² |A_l|² |B_l|² / n, n the number of outputs, both summed over
/// all tiles: 8.5 and 26.0 for whole tiles.
double weights_error_growth(const Shape& shape);

}  // namespace cnnbench::winograd

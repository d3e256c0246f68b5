#include "kernels/gemm/im2col.h"

#include <cstring>

namespace cnnbench::gemm {
namespace {

using common::Range;
using common::Window;

/// One tap: which input each output pixel sees.
struct Tap {
  std::int64_t row;
  std::int64_t column;
  Range rows;     ///< of the output, those that see the input and not the padding
  Range columns;  ///< likewise

  Tap(const Window& window, std::int64_t tap_row, std::int64_t tap_column)
      : row(tap_row),
        column(tap_column),
        rows(window.rows.outputs_of(tap_row)),
        columns(window.columns.outputs_of(tap_column)) {}
};

/// Calls visit(row, columns, position) for the part of every output row that lies in pixels
/// [first, first + count); `position` is where that part begins, counted from `first`.
template <typename Visit>
void for_rows(const Window& window, std::int64_t first, std::int64_t count, Visit visit) {
  const std::int64_t width = window.columns.output;
  std::int64_t row = first / width;
  std::int64_t column = first % width;
  for (std::int64_t done = 0; done < count; ++row, column = 0) {
    const std::int64_t end = std::min(width, column + count - done);
    visit(row, Range{column, end}, done);
    done += end - column;
  }
}

Range intersection(const Range& a, const Range& b) {
  const std::int64_t begin = std::min(std::max(a.begin, b.begin), b.end);
  return {begin, std::max(begin, std::min(a.end, b.end))};
}

void copy(const float* from, std::int64_t stride, float* to, std::int64_t count) {
  if (stride == 1) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i * stride];
}

/// One row of the columns: what one tap sees of one plane.
void copy_row_by_row(const Window& window, const Tap& tap, const Tile& tile, const float* plane,
                     float* result) {
  for_rows(window, tile.first_pixel, tile.pixels,
           [&](std::int64_t row, const Range& columns, std::int64_t position) {
             float* const out = result + position;
             const bool inside = row >= tap.rows.begin && row < tap.rows.end;
             const Range seen = intersection(inside ? tap.columns : Range{0, 0}, columns);
             std::fill(out, out + (seen.begin - columns.begin), 0.0F);
             std::fill(out + (seen.end - columns.begin), out + (columns.end - columns.begin), 0.0F);
             if (seen.begin == seen.end) return;
             const float* const in = plane + window.rows.input_of(row, tap.row) * window.columns.input;
             copy(in + window.columns.input_of(seen.begin, tap.column), window.columns.stride,
                  out + (seen.begin - columns.begin), seen.end - seen.begin);
           });
}

/// The same where input and output are equally wide and the stride is 1: the input of output pixel p is then
/// p + shift for all p, so that all rows are one copy; what that takes from a neighbouring row is padding,
/// and is set to zero afterwards. Several times faster than row by row where rows are short (14 pixels).
void copy_shifted(const Window& window, const Tap& tap, const Tile& tile, const float* plane, float* result) {
  const std::int64_t width = window.columns.output;
  const std::int64_t shift =
      window.rows.input_of(0, tap.row) * width + window.columns.input_of(0, tap.column);
  const Range pixels{tile.first_pixel, tile.first_pixel + tile.pixels};
  const Range seen = intersection(Range{tap.rows.begin * width, tap.rows.end * width}, pixels);
  const Range inside = intersection(Range{-shift, window.rows.input * width - shift}, seen);
  float* const out = result - tile.first_pixel;
  std::fill(out + pixels.begin, out + inside.begin, 0.0F);
  std::fill(out + inside.end, out + pixels.end, 0.0F);
  copy(plane + inside.begin + shift, 1, out + inside.begin, inside.end - inside.begin);
  if (tap.columns.begin == 0 && tap.columns.end == width) return;
  for_rows(window, tile.first_pixel, tile.pixels,
           [&](std::int64_t, const Range& columns, std::int64_t position) {
             float* const row = result + position - columns.begin;
             for (std::int64_t c = columns.begin; c < std::min(columns.end, tap.columns.begin); ++c)
               row[c] = 0;
             for (std::int64_t c = std::max(columns.begin, tap.columns.end); c < columns.end; ++c) row[c] = 0;
           });
}

/// Adds one row of the columns to the inputs that it came from.
void add_row(const Window& window, const Tap& tap, const Tile& tile, const float* row_of_columns,
             float* plane) {
  for_rows(window, tile.first_pixel, tile.pixels,
           [&](std::int64_t row, const Range& columns, std::int64_t position) {
             if (row < tap.rows.begin || row >= tap.rows.end) return;
             const Range seen = intersection(tap.columns, columns);
             const float* const in = row_of_columns + position + (seen.begin - columns.begin);
             float* const out = plane + window.rows.input_of(row, tap.row) * window.columns.input +
                                window.columns.input_of(seen.begin, tap.column);
             const std::int64_t stride = window.columns.stride;
             const std::int64_t count = seen.end - seen.begin;
             if (stride == 1) {
#pragma omp simd
               for (std::int64_t i = 0; i < count; ++i) out[i] += in[i];
             } else {
               for (std::int64_t i = 0; i < count; ++i) out[i * stride] += in[i];
             }
           });
}

}  // namespace

void im2col(const ConvolutionShape& shape, const Tile& tile, std::int64_t group, const float* src,
            float* columns) {
  const Window& window = shape.window;
  const std::int64_t kernel = window.rows.kernel * window.columns.kernel;
  const std::int64_t taps = shape.taps();
  const bool shifted =
      window.rows.stride == 1 && window.columns.stride == 1 && window.columns.input == window.columns.output;
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t k = 0; k < taps; ++k)
    for (std::int64_t i = 0; i < tile.images; ++i) {
      const Tap tap(window, k % kernel / window.columns.kernel, k % window.columns.kernel);
      const float* const plane =
          src + shape.source(tile.first_image + i, group) + k / kernel * shape.input_plane();
      float* const row = columns + k * tile.columns() + i * tile.pixels;
      if (shifted)
        copy_shifted(window, tap, tile, plane, row);
      else
        copy_row_by_row(window, tap, tile, plane, row);
    }
}

void col2im(const ConvolutionShape& shape, const Tile& tile, std::int64_t group, const float* columns,
            float* diff_src) {
  const Window& window = shape.window;
  const std::int64_t kernel = window.rows.kernel * window.columns.kernel;
  // Every plane belongs to one thread: its taps overlap.
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t channel = 0; channel < shape.channels; ++channel)
    for (std::int64_t i = 0; i < tile.images; ++i) {
      float* const plane =
          diff_src + shape.source(tile.first_image + i, group) + channel * shape.input_plane();
      if (tile.first_pixel == 0) std::fill(plane, plane + shape.input_plane(), 0.0F);
      for (std::int64_t t = 0; t < kernel; ++t)
        add_row(window, Tap(window, t / window.columns.kernel, t % window.columns.kernel), tile,
                columns + (channel * kernel + t) * tile.columns() + i * tile.pixels, plane);
    }
}

void gather(const ConvolutionShape& shape, const Tile& tile, std::int64_t group, const float* dst,
            float* matrix) {
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t filter = 0; filter < shape.filters; ++filter)
    for (std::int64_t i = 0; i < tile.images; ++i)
      copy(dst + shape.destination(tile.first_image + i, group) + filter * shape.output_plane() +
               tile.first_pixel,
           1, matrix + filter * tile.columns() + i * tile.pixels, tile.pixels);
}

}  // namespace cnnbench::gemm

#include "kernels/winograd/error_growth.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace cnnbench::winograd {
namespace {

constexpr int side = tile_inputs;
constexpr int filter = 3;

// The matrices of transforms-inl.h. Those of small tiles have no rows for the points that small tiles lack.
using OutputMatrix = double[side][tile_outputs];
using InputMatrix = double[side][side];
constexpr OutputMatrix large_a = {{1, 0, 0, 0},          {1, 1, 1, 1},   {1, -1, 1, -1},
                                  {1, 0.5, 0.25, 0.125}, {1, -2, 4, -8}, {0, 0, 0, 1}};
constexpr OutputMatrix small_a = {{1, 0}, {1, 1}, {1, -1}, {}, {}, {0, 1}};
constexpr double g[side][filter] = {{1, 0, 0},
                                    {1.0 / 3, 1.0 / 3, 1.0 / 3},
                                    {-1.0 / 3, 1.0 / 3, -1.0 / 3},
                                    {-16.0 / 15, -8.0 / 15, -4.0 / 15},
                                    {1.0 / 15, -2.0 / 15, 4.0 / 15},
                                    {0, 0, 1}};
constexpr InputMatrix large_b = {{1, -1.5, -2, 1.5, 1, 0}, {0, -1, 0.5, 2.5, 1, 0},
                                 {0, 1, -2.5, 0.5, 1, 0},  {0, -2, -1, 2, 1, 0},
                                 {0, 0.5, -1, -0.5, 1, 0}, {0, 1, -1.5, -2, 1.5, 1}};
constexpr InputMatrix small_b = {{1, 0, -1}, {0, 1.5, 1.5}, {0, 1.5, -1.5}, {}, {}, {0, -1, 0, 1}};

double squares(const double* row, int first, int last) {
  double sum = 0;
  for (int i = first; i < last; ++i) sum += row[i] * row[i];
  return sum;
}

/// One dimension of a convolution.
struct Line {
  std::int64_t in;
  std::int64_t out;
  std::int64_t padding;
};

/// A tile's matrices, and what of it lies inside: inputs [first, last), and the first `outputs` of its
/// outputs.
struct Part {
  const OutputMatrix& a;
  const InputMatrix& b;
  int first;
  int last;
  int outputs;
};

template <typename Function>
void for_each_tile(const Line& line, const Function& function) {
  const TileLine tiles(line.out);
  for (std::int64_t tile = 0; tile < tiles.count(); ++tile) {
    const bool small = tile >= tiles.large;
    const std::int64_t begin = tile * tile_outputs;
    const std::int64_t start = begin - line.padding;  // of the tile's inputs
    const std::int64_t outputs = small ? small_outputs : tile_outputs;
    const std::int64_t inputs = outputs + filter - 1;
    function(Part{small ? small_a : large_a, small ? small_b : large_b,
                  static_cast<int>(std::clamp<std::int64_t>(-start, 0, inputs)),
                  static_cast<int>(std::clamp<std::int64_t>(line.in - start, 0, inputs)),
                  static_cast<int>(std::min(outputs, line.out - begin))});
  }
}

/// One result of a line, an output pixel or a weight's gradient: the sum over l, and the number of terms.
struct Element {
  double variance = 0;
  double terms = 0;
};

std::vector<Element> outputs(const Line& line) {
  std::vector<Element> all;
  for_each_tile(line, [&](const Part& part) {
    for (int i = 0; i < part.outputs; ++i) {
      Element element;
      element.terms = std::max(0, std::min(part.last, i + filter) - std::max(part.first, i));
      for (int l = 0; l < side; ++l)
        element.variance += part.a[l][i] * part.a[l][i] * squares(g[l], 0, filter) *
                            squares(part.b[l], part.first, part.last);
      all.push_back(element);
    }
  });
  return all;
}

std::vector<Element> weight_gradients(const Line& line) {
  std::vector<Element> all(filter);
  for_each_tile(line, [&](const Part& part) {
    for (int i = 0; i < filter; ++i) {
      Element& element = all[static_cast<std::size_t>(i)];
      element.terms += std::max(0, std::min(part.last, i + part.outputs) - std::max(part.first, i));
      for (int l = 0; l < side; ++l)
        element.variance += g[l][i] * g[l][i] * squares(part.a[l], 0, part.outputs) *
                            squares(part.b[l], part.first, part.last);
    }
  });
  return all;
}

double mean_terms(const std::vector<Element>& line) {
  double sum = 0;
  for (const Element& element : line) sum += element.terms;
  return sum / static_cast<double>(line.size());
}

double growth(const std::vector<Element>& rows, const std::vector<Element>& columns) {
  const double mean = mean_terms(rows) * mean_terms(columns);
  double worst = 1;
  if (mean == 0) return worst;
  for (const Element& y : rows)
    for (const Element& x : columns)
      worst = std::max(worst, y.variance * x.variance / std::max(mean, y.terms * x.terms));
  return std::sqrt(worst);
}

Line rows(const Shape& shape) {
  return {shape.in_height, shape.out_height, shape.padding_top};
}

Line columns(const Shape& shape) {
  return {shape.in_width, shape.out_width, shape.padding_left};
}

}  // namespace

double forward_error_growth(const Shape& shape) {
  return growth(outputs(rows(shape)), outputs(columns(shape)));
}

double weights_error_growth(const Shape& shape) {
  return growth(weight_gradients(rows(shape)), weight_gradients(columns(shape)));
}

}  // namespace cnnbench::winograd

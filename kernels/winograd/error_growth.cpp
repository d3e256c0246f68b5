#include "kernels/winograd/error_growth.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace cnnbench::winograd {
namespace {

constexpr int filter = 3;

/// The matrices of a size of tiles, of order points × outputs, × weights, × inputs, by their definition (see
/// transforms-inl.h); the rows of G are not divided by anything.
struct Transforms {
  explicit Transforms(int size);
  std::vector<std::vector<double>> a;
  std::vector<std::vector<double>> g;
  std::vector<std::vector<double>> b;
};

std::vector<double> powers(double base, int count) {
  std::vector<double> all(static_cast<std::size_t>(count), 1);
  for (std::size_t i = 1; i < all.size(); ++i) all[i] = all[i - 1] * base;
  return all;
}

/// 1 for the last power, which is all that infinity leaves.
std::vector<double> last_power(int count) {
  std::vector<double> all(static_cast<std::size_t>(count), 0);
  all.back() = 1;
  return all;
}

Transforms::Transforms(int size) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double points[] = {0, infinity, 1, -1, 0.5, -2, -0.5, 2};
  const int count = points_of(size);
  for (int i = 0; i < count; ++i) {
    const double point = points[i];
    const bool finite = point != infinity;
    a.push_back(finite ? powers(point, outputs_of(size)) : last_power(outputs_of(size)));
    g.push_back(finite ? powers(point, filter) : last_power(filter));
    std::vector<double> product = last_power(count);  // its coefficients, the highest last: so far 1
    std::rotate(product.begin(), product.end() - 1, product.end());
    for (int k = 0; k < count; ++k) {
      if (k == i || points[k] == infinity) continue;
      const double divisor = finite ? point - points[k] : 1;
      for (std::size_t power = product.size(); power-- > 0;)
        product[power] = ((power > 0 ? product[power - 1] : 0) - points[k] * product[power]) / divisor;
    }
    b.push_back(product);
  }
}

double squares(const std::vector<double>& row, int first, int last) {
  double sum = 0;
  for (int i = first; i < last; ++i)
    sum += row[static_cast<std::size_t>(i)] * row[static_cast<std::size_t>(i)];
  return sum;
}

/// One dimension of a convolution.
struct Line {
  int tile_size;
  std::int64_t in;
  std::int64_t out;
  std::int64_t padding;
};

/// A tile's matrices, and what of it lies inside: inputs [first, last), and the first `outputs` of its
/// outputs.
struct Part {
  const Transforms& transforms;
  int first;
  int last;
  int outputs;
};

template <typename Function>
void for_each_tile(const Line& line, const Function& function) {
  const TileLine tiles(line.out, line.tile_size);
  const Transforms full(line.tile_size);
  const Transforms last(std::max(0, tiles.last));
  for (std::int64_t tile = 0; tile < tiles.count(); ++tile) {
    const bool is_full = tile < tiles.full;
    const std::int64_t begin = tile * outputs_of(line.tile_size);
    const std::int64_t start = begin - line.padding;  // of the tile's inputs
    const std::int64_t outputs = outputs_of(is_full ? line.tile_size : tiles.last);
    const std::int64_t inputs = outputs + filter - 1;
    function(Part{is_full ? full : last, static_cast<int>(std::clamp<std::int64_t>(-start, 0, inputs)),
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
      const auto& [a, g, b] = part.transforms;
      for (std::size_t l = 0; l < b.size(); ++l)
        element.variance +=
            squares(a[l], i, i + 1) * squares(g[l], 0, filter) * squares(b[l], part.first, part.last);
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
      const auto& [a, g, b] = part.transforms;
      for (std::size_t l = 0; l < b.size(); ++l)
        element.variance +=
            squares(g[l], i, i + 1) * squares(a[l], 0, part.outputs) * squares(b[l], part.first, part.last);
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
  return {shape.tile_size, shape.in_height, shape.out_height, shape.padding_top};
}

Line columns(const Shape& shape) {
  return {shape.tile_size, shape.in_width, shape.out_width, shape.padding_left};
}

}  // namespace

double forward_error_growth(const Shape& shape) {
  return growth(outputs(rows(shape)), outputs(columns(shape)));
}

double weights_error_growth(const Shape& shape) {
  return growth(weight_gradients(rows(shape)), weight_gradients(columns(shape)));
}

}  // namespace cnnbench::winograd

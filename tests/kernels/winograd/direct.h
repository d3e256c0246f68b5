#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "harness/measure/error_bound.h"
#include "kernels/winograd/shape.h"

// Convolutions by their definition, in double, and how far f32 results may be off: the truth for
// kernels/winograd, sharing nothing with it but the description of the shape.
namespace cnnbench::winograd {

/// A plain array [n][channels][height][width].
struct Plain {
  std::int64_t n, channels, height, width;
  std::vector<float> values;

  std::size_t index(std::int64_t i, std::int64_t c, std::int64_t y, std::int64_t x) const {
    return static_cast<std::size_t>(((i * channels + c) * height + y) * width + x);
  }
};

/// Uniform in [-1, 1), so that sums have terms of both signs.
inline Plain random_plain(std::int64_t n, std::int64_t channels, std::int64_t height, std::int64_t width,
                          unsigned seed) {
  Plain plain{n, channels, height, width, {}};
  plain.values.resize(static_cast<std::size_t>(n * channels * height * width));
  std::mt19937 generator(seed);
  for (float& value : plain.values) value = static_cast<float>(generator() >> 8) * 0x1p-23F - 1;
  return plain;
}

/// A sum, and the squares of all that f32 would round on the way to it: terms and partial sums.
struct Sum {
  double value = 0;
  double squares = 0;

  void add_product(float a, float b) {
    const double term = static_cast<double>(a) * static_cast<double>(b);
    squares += term * term;
    add(term);
  }
  void add(double term) {
    value += term;
    squares += value * value;
  }
};
using Sums = std::vector<Sum>;

/// Calls function(output pixel, input pixel, tap) for all that a plane's pixels have to do with each other,
/// for one output pixel after another.
template <typename Function>
void for_each_tap(const Shape& s, const Function& function) {
  for (std::int64_t y = 0; y < s.out_height; ++y)
    for (std::int64_t x = 0; x < s.out_width; ++x)
      for (std::int64_t i = 0; i < 3; ++i)
        for (std::int64_t j = 0; j < 3; ++j) {
          const std::int64_t in_y = y + i - s.padding_top;
          const std::int64_t in_x = x + j - s.padding_left;
          if (in_y >= 0 && in_y < s.in_height && in_x >= 0 && in_x < s.in_width)
            function(y * s.out_width + x, in_y * s.in_width + in_x, i * 3 + j);
        }
}

/// Calls function(output plane, input plane, filter) with the index of the first element of each.
template <typename Function>
void for_each_plane(const Shape& s, const Function& function) {
  for (std::int64_t image = 0; image < s.batch; ++image)
    for (std::int64_t o = 0; o < s.out_channels; ++o)
      for (std::int64_t i = 0; i < s.in_channels; ++i)
        function((image * s.out_channels + o) * s.out_height * s.out_width,
                 (image * s.in_channels + i) * s.in_height * s.in_width, (o * s.in_channels + i) * 9);
}

/// Calls function(output element, input element, weight) for every product of a convolution.
template <typename Function>
void for_each_product(const Shape& s, const Function& function) {
  for_each_plane(s, [&](std::int64_t output, std::int64_t input, std::int64_t filter) {
    for_each_tap(s, [&](std::int64_t out, std::int64_t in, std::int64_t tap) {
      function(static_cast<std::size_t>(output + out), static_cast<std::size_t>(input + in),
               static_cast<std::size_t>(filter + tap));
    });
  });
}

inline Sums direct_forward(const Shape& s, const Plain& src, const Plain& weights) {
  Sums sums(static_cast<std::size_t>(s.batch * s.out_channels * s.out_height * s.out_width));
  for_each_product(s, [&](std::size_t out, std::size_t in, std::size_t weight) {
    sums[out].add_product(src.values[in], weights.values[weight]);
  });
  return sums;
}

inline Sums direct_backward_data(const Shape& s, const Plain& diff_dst, const Plain& weights) {
  Sums sums(static_cast<std::size_t>(s.batch * s.in_channels * s.in_height * s.in_width));
  for_each_product(s, [&](std::size_t out, std::size_t in, std::size_t weight) {
    sums[in].add_product(diff_dst.values[out], weights.values[weight]);
  });
  return sums;
}

inline Sums direct_backward_weights(const Shape& s, const Plain& src, const Plain& diff_dst) {
  Sums sums(static_cast<std::size_t>(s.out_channels * s.in_channels * 9));
  for_each_product(s, [&](std::size_t out, std::size_t in, std::size_t weight) {
    sums[weight].add_product(src.values[in], diff_dst.values[out]);
  });
  return sums;
}

inline Sums direct_bias(const Plain& diff_dst) {
  Sums sums(static_cast<std::size_t>(diff_dst.channels));
  const auto plane = static_cast<std::size_t>(diff_dst.height * diff_dst.width);
  for (std::size_t i = 0; i < diff_dst.values.size(); ++i)
    sums[i / plane % sums.size()].add(static_cast<double>(diff_dst.values[i]));
  return sums;
}

/// With what forward does to its sums.
inline Sums with_epilogue(Sums sums, const Shape& s, const float* bias, bool relu) {
  const auto plane = static_cast<std::size_t>(s.out_height * s.out_width);
  const auto channels = static_cast<std::size_t>(s.out_channels);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (bias != nullptr) sums[i].add(static_cast<double>(bias[i / plane % channels]));
    if (relu) sums[i].value = std::max(0.0, sums[i].value);
  }
  return sums;
}

inline double mean_squares(const Sums& sums) {
  double mean = 0;
  for (const Sum& sum : sums) mean += sum.squares / static_cast<double>(sums.size());
  return mean;
}

/// The largest error as a part of what is allowed (see error_bound.h and, for the mean, tensor_checks.cpp:
/// neighbours share intermediate results); above 1 is wrong, infinite where a result is not a number.
inline double worst_error(const std::vector<float>& found, const Sums& expected, double error_growth) {
  if (found.size() != expected.size()) return std::numeric_limits<double>::infinity();
  const double typical = mean_squares(expected);
  const auto count = static_cast<std::int64_t>(expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double allowed = error_growth * error_bound(std::max(expected[i].squares, typical), count);
    const double part = std::abs(static_cast<double>(found[i]) - expected[i].value) / allowed;
    if (!(part <= 1e300)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, part);
  }
  return worst;
}

/// |found - expected| / |expected|.
inline double relative_l2(const std::vector<float>& found, const Sums& expected) {
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double off = static_cast<double>(found[i]) - expected[i].value;
    error += off * off;
    size += expected[i].value * expected[i].value;
  }
  return std::sqrt(error / size);
}

}  // namespace cnnbench::winograd

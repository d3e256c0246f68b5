#include "harness/measure/tensor_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace cnnbench {
namespace {

/// One element in every one of `count` equal parts of [0, size), at a place drawn from the seed.
std::vector<std::int64_t> sample(std::int64_t size, std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> elements(static_cast<std::size_t>(count));
  std::mt19937_64 generator(seed);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto first = static_cast<std::int64_t>(static_cast<__int128>(size) * i / count);
    const auto next = static_cast<std::int64_t>(static_cast<__int128>(size) * (i + 1) / count);
    elements[static_cast<std::size_t>(i)] =
        first + static_cast<std::int64_t>(generator() % static_cast<std::uint64_t>(next - first));
  }
  return elements;
}

/// Keeps the largest error of a set of comparisons, and where it was.
class Comparison {
 public:
  Comparison(Check& check) : check_(check) { check_.passed = true; }

  void compare(std::int64_t element, double found, double expected, double magnitude) {
    // Below this an f32 result may be denormal or zero, whatever the algorithm.
    constexpr double smallest = 1e-30;
    const double error = std::abs(found - expected) / std::max(magnitude, smallest);
    ++check_.checked;
    if (!(error <= check_.tolerance)) check_.passed = false;  // also for NaN, which no later error replaces
    if (error <= check_.max_error || std::isnan(check_.max_error)) return;
    check_.max_error = error;
    if (!check_.passed)
      check_.message = fmt::format("element {}: found {:.9g}, expected {:.9g}", element, found, expected);
  }

 private:
  Check& check_;
};

/// Multiply-adds behind one element of a tensor, roughly.
std::int64_t terms(const LayerData& data, Tensor tensor) {
  const ModelLayer& layer = *data.layer;
  if (tensor == Tensor::weights_gradient || tensor == Tensor::bias_gradient)
    return data.batch * layer.output.height * layer.output.width;
  if (const auto* pool = std::get_if<Pooling>(&layer.kind)) return pool->kernel.height * pool->kernel.width;
  if (std::holds_alternative<Softmax>(layer.kind)) return layer.input.channels;
  const std::int64_t elements = tensor == Tensor::output ? layer.output.size() : layer.input.size();
  return std::max<std::int64_t>(flops(layer, Direction::forward, 1) / 2 / elements, 1);
}

}  // namespace

std::string_view tensor_name(Tensor tensor) {
  switch (tensor) {
    case Tensor::output:
      return "output";
    case Tensor::input_gradient:
      return "input_gradient";
    case Tensor::weights_gradient:
      return "weights_gradient";
    case Tensor::bias_gradient:
      return "bias_gradient";
    default:
      return "";
  }
}

Check& TensorChecks::add(const std::string& layer, const std::string& tensor, std::int64_t elements) {
  Check check;
  check.layer = layer;
  check.tensor = tensor;
  check.elements = elements;
  check.tolerance = settings_.tolerance;
  checks_.push_back(std::move(check));
  return checks_.back();
}

void TensorChecks::expect_same(const std::string& layer, const std::string& tensor,
                               std::span<const float> found, std::span<const float> expected) {
  Check& check = add(layer, tensor, static_cast<std::int64_t>(found.size()));
  check.tolerance = 0;
  check.checked = check.elements;
  const auto [a, b] = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
  check.passed = a == found.end() && b == expected.end();
  if (check.passed) return;
  check.max_error = std::numeric_limits<double>::infinity();
  check.message =
      a == found.end() || b == expected.end()
          ? fmt::format("{} elements, expected {}", found.size(), expected.size())
          : fmt::format("element {}: found {:.9g}, expected exactly {:.9g}", a - found.begin(), *a, *b);
}

void TensorChecks::expect_oracle(const Oracle& oracle, const LayerData& data, Tensor tensor,
                                 std::span<const float> found, std::uint64_t seed) {
  Check& check =
      add(data.layer->name, std::string(tensor_name(tensor)), static_cast<std::int64_t>(found.size()));
  const std::int64_t affordable = settings_.budget / std::max<std::int64_t>(terms(data, tensor), 1);
  std::int64_t count = check.elements;
  if (count > affordable)
    count = std::min(count, std::clamp<std::int64_t>(affordable, 64, settings_.most_elements));
  const std::vector<std::int64_t> elements = sample(check.elements, count, seed);
  std::vector<Evaluated> expected(elements.size());
  oracle.evaluate(data, tensor, elements, expected);
  // Fast algorithms mix neighbouring elements: their errors are bounded by the norm of the tensor, not by
  // each element's own terms (Higham 2002, §23.2.2), which may all be zero behind a ReLU.
  double typical = 0;
  for (const Evaluated& one : expected) typical += one.magnitude / static_cast<double>(expected.size());
  Comparison comparison(check);
  for (std::size_t i = 0; i < elements.size(); ++i)
    comparison.compare(elements[i], static_cast<double>(found[static_cast<std::size_t>(elements[i])]),
                       expected[i].value, std::max(expected[i].magnitude, typical));
}

void TensorChecks::expect_mask(const std::string& layer, std::span<const float> mask, double keep) {
  Check& check = add(layer, "mask", static_cast<std::int64_t>(mask.size()));
  Comparison comparison(check);
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const auto factor = static_cast<double>(mask[i]);
    if (factor != 0) ++kept;
    comparison.compare(static_cast<std::int64_t>(i), factor, factor == 0 ? 0 : 1 / keep, 1 / keep);
  }
  const auto elements = static_cast<double>(check.elements);
  const double off = std::abs(static_cast<double>(kept) - keep * elements);
  if (off <= 6 * std::sqrt(keep * (1 - keep) * elements) + 0.5) return;
  check.passed = false;
  check.message = fmt::format("{} of {} elements are kept, with a keep of {}", kept, check.elements, keep);
}

void TensorChecks::expect_close(const std::string& layer, const std::string& tensor,
                                std::span<const float> found, std::span<const float> expected, double scale) {
  Comparison comparison(add(layer, tensor, static_cast<std::int64_t>(found.size())));
  for (std::size_t i = 0; i < found.size(); ++i)
    comparison.compare(static_cast<std::int64_t>(i), static_cast<double>(found[i]),
                       static_cast<double>(expected[i]),
                       std::max(scale, std::abs(static_cast<double>(expected[i]))));
}

void TensorChecks::expect_close(const std::string& layer, const std::string& quantity, double found,
                                double expected, double scale) {
  Comparison(add(layer, quantity, 1)).compare(0, found, expected, std::max(std::abs(expected), scale));
}

}  // namespace cnnbench

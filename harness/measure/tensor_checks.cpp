#include "harness/measure/tensor_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>

#include "harness/measure/element_sample.h"
#include "harness/measure/error_bound.h"
#include "harness/model/layer_rules.h"

namespace cnnbench {
namespace {

/// √(Σ(found − expected)² / Σ expected²); see Check.
double relative_l2(double error_squares, double expected_squares) {
  return error_squares == 0 ? 0 : std::sqrt(error_squares / expected_squares);
}

/// Keeps the worst of a set of comparisons: the one whose error is largest against what is allowed; and the
/// relative L2 error of all.
class Comparison {
 public:
  explicit Comparison(Check& check) : check_(check) {
    check_.passed = true;
    check_.tolerance = 0;
  }

  ~Comparison() { check_.l2_error = relative_l2(error_squares_, expected_squares_); }
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  /// `magnitude` is what the error is reported relative to.
  void compare(std::int64_t element, double found, double expected, double allowed, double magnitude) {
    const double error = std::abs(found - expected);
    error_squares_ += error * error;
    expected_squares_ += expected * expected;
    const bool passed = error <= allowed;  // not for NaN, which no later error replaces
    ++check_.checked;
    const double ratio = error == 0 ? 0 : error / allowed;
    if (ratio <= worst_ || std::isnan(worst_)) return;
    worst_ = ratio;
    check_.max_error = magnitude > 0 ? error / magnitude : error;
    check_.tolerance = magnitude > 0 ? allowed / magnitude : allowed;
    if (passed) return;
    check_.passed = false;
    check_.message = fmt::format("element {}: found {:.9g}, expected {:.9g}", element, found, expected);
  }

 private:
  Check& check_;
  double worst_ = -1;
  double error_squares_ = 0;
  double expected_squares_ = 0;
};

/// Multiply-adds behind one element of a tensor, roughly.
std::int64_t terms(const LayerData& data, Tensor tensor) {
  const ModelLayer& layer = *data.layer;
  if (tensor == Tensor::weights_gradient || tensor == Tensor::bias_gradient)
    return data.batch * layer.output.height * layer.output.width;
  const ElementSum sum = sizes_of(layer).sum;
  if (!sum.counted) return sum.terms;
  const std::int64_t elements = tensor == Tensor::output ? layer.output.size() : layer.input.size();
  return std::max<std::int64_t>(sum.terms * layer.output.size() / elements, 1);
}

}  // namespace

Check& TensorChecks::add(const std::string& layer, std::optional<Tensor> tensor, std::int64_t elements) {
  Check check;
  check.layer = layer;
  check.tensor = tensor;
  check.elements = elements;
  checks_.push_back(std::move(check));
  return checks_.back();
}

void TensorChecks::expect_same(const std::string& layer, Tensor tensor, std::span<const float> found,
                               std::span<const float> expected) {
  Check& check = add(layer, tensor, static_cast<std::int64_t>(found.size()));
  check.tolerance = 0;
  check.checked = check.elements;
  const auto [a, b] = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
  check.passed = a == found.end() && b == expected.end();
  if (check.passed) return;
  check.max_error = check.l2_error = std::numeric_limits<double>::infinity();
  check.message =
      a == found.end() || b == expected.end()
          ? fmt::format("{} elements, expected {}", found.size(), expected.size())
          : fmt::format("element {}: found {:.9g}, expected exactly {:.9g}", a - found.begin(), *a, *b);
}

std::vector<Evaluated> TensorChecks::evaluate(const Oracle& oracle, const LayerData& data, Tensor tensor,
                                              const std::vector<std::int64_t>& elements) const {
  std::vector<Evaluated> values(elements.size());
  const std::size_t part = elements.size() / static_cast<std::size_t>(threads_) + 1;
  std::exception_ptr failure;
#pragma omp parallel for num_threads(threads_) schedule(static)
  for (std::size_t first = 0; first < elements.size(); first += part) {
    const std::size_t count = std::min(part, elements.size() - first);
    try {
      oracle.evaluate(data, tensor, std::span(elements).subspan(first, count),
                      std::span(values).subspan(first, count));
    } catch (...) {  // must not leave the loop
#pragma omp critical
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  return values;
}

void TensorChecks::expect_oracle(const Oracle& oracle, const LayerData& data, Tensor tensor,
                                 std::span<const float> found, double error_growth, std::uint64_t seed) {
  Check& check = add(data.layer->name, tensor, static_cast<std::int64_t>(found.size()));
  const std::int64_t affordable = settings_.budget / std::max<std::int64_t>(terms(data, tensor), 1);
  std::int64_t count = check.elements;
  // Of one number a channel every one is compared: a single wrong one must not slip through.
  const Extents dims = extents(*data.layer, tensor, data.batch);
  const bool one_a_channel = dims[1] == 1 && dims[2] == 1 && dims[3] == 1;
  if (count > affordable && !one_a_channel)
    count = std::min(count, std::clamp<std::int64_t>(affordable, 64, settings_.most_elements));
  const std::vector<std::int64_t> elements = sample_elements(dims, count, seed);
  const std::vector<Evaluated> expected = evaluate(oracle, data, tensor, elements);
  // Neighbours share intermediate results in fast algorithms, whose errors are bounded by the norm of the
  // tensor and not by each element's own terms (Higham 2002, §23.2.2), which may all be zero behind a ReLU.
  // Nor does another order of summation have this one's partial sums.
  Evaluated typical;
  for (const Evaluated& one : expected) {
    typical.magnitude += one.magnitude / static_cast<double>(expected.size());
    typical.rounded_squares += one.rounded_squares / static_cast<double>(expected.size());
  }
  const auto elements_checked = static_cast<std::int64_t>(elements.size());
  Comparison comparison(check);
  for (std::size_t i = 0; i < elements.size(); ++i)
    comparison.compare(
        elements[i], static_cast<double>(found[static_cast<std::size_t>(elements[i])]), expected[i].value,
        error_growth *
            error_bound(std::max(expected[i].rounded_squares, typical.rounded_squares), elements_checked),
        std::max(expected[i].magnitude, typical.magnitude));
}

void TensorChecks::expect_mask(const std::string& layer, std::span<const float> mask, double keep) {
  Check& check = add(layer, Tensor::mask, static_cast<std::int64_t>(mask.size()));
  Comparison comparison(check);
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const auto factor = static_cast<double>(mask[i]);
    if (factor != 0) ++kept;
    comparison.compare(static_cast<std::int64_t>(i), factor, factor == 0 ? 0 : 1 / keep,
                       error_bound(1 / (keep * keep), 1), 1 / keep);
  }
  const auto elements = static_cast<double>(check.elements);
  const double off = std::abs(static_cast<double>(kept) - keep * elements);
  if (off <= 6 * std::sqrt(keep * (1 - keep) * elements) + 0.5) return;
  check.passed = false;
  check.message = fmt::format("{} of {} elements are kept, with a keep of {}", kept, check.elements, keep);
}

void TensorChecks::expect_close(const std::string& layer, Tensor tensor, std::span<const float> found,
                                std::span<const float> expected, double scale, double roundings) {
  Check& check = add(layer, tensor, static_cast<std::int64_t>(found.size()));
  Comparison comparison(check);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double magnitude = std::max(scale, std::abs(static_cast<double>(expected[i])));
    comparison.compare(static_cast<std::int64_t>(i), static_cast<double>(found[i]),
                       static_cast<double>(expected[i]),
                       error_bound(roundings * magnitude * magnitude, check.elements), magnitude);
  }
}

void TensorChecks::expect_loss(double found, double expected, double roundings) {
  Comparison(add("loss", {}, 1))
      .compare(0, found, expected, error_bound(roundings * expected * expected, 1), std::abs(expected));
}

}  // namespace cnnbench

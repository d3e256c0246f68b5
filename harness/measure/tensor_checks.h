#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/backend/oracle.h"
#include "harness/measure/verification.h"

namespace cnnbench {

/// Compares tensors with what they should be and keeps what was found.
class TensorChecks {
 public:
  /// The oracle computes on so many threads.
  TensorChecks(const VerificationOptions& settings, int threads) : settings_(settings), threads_(threads) {}

  /// A check of which nothing is compared yet: not passed. Valid until the next check is added.
  Check& add(const std::string& layer, std::optional<Tensor> tensor, std::int64_t elements);

  /// Two copies of one tensor: every element equal.
  void expect_same(const std::string& layer, Tensor tensor, std::span<const float> found,
                   std::span<const float> expected);

  /// A tensor that a program computed against the oracle: all elements, or a sample of them drawn from the
  /// seed where `settings.budget` does not pay for all. Errors may be as large as error_bound says, times
  /// `error_growth` (see Operation).
  void expect_oracle(const Oracle& oracle, const LayerData& data, Tensor tensor, std::span<const float> found,
                     double error_growth, std::uint64_t seed);

  /// A dropout mask holds 0 and 1/keep, and about as many of each as it should: within six standard
  /// deviations.
  void expect_mask(const std::string& layer, std::span<const float> mask, double keep);

  /// Values against expected ones, after so many roundings of |expected|, or of `scale` where that is larger.
  void expect_close(const std::string& layer, Tensor tensor, std::span<const float> found,
                    std::span<const float> expected, double scale, double roundings);
  /// The loss, likewise.
  void expect_loss(double found, double expected, double roundings);

  /// All checks so far; leaves none.
  std::vector<Check> take() { return std::move(checks_); }

 private:
  std::vector<Evaluated> evaluate(const Oracle& oracle, const LayerData& data, Tensor tensor,
                                  const std::vector<std::int64_t>& elements) const;

  const VerificationOptions& settings_;
  int threads_;
  std::vector<Check> checks_;
};

}  // namespace cnnbench

#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace cnnbench {

/// What the errors of correct f32 arithmetic stay below, but for a chance of 1e-9 that one of `elements`
/// exceeds it. Every rounding of an intermediate result x is off by δx with |δ| ≤ u = 2^-24; for independent
/// δ of mean zero, Hoeffding's inequality gives P(|Σ δ_i x_i| > λ u √Σ x_i²) ≤ 2 exp(-λ²/2) (Higham & Mary
/// 2019, "A New Approach to Probabilistic Rounding Error Analysis"; Ipsen & Zhou 2020), and λ follows from
/// the chance allowed to each element.
///
/// `rounded_squares` is Σ x_i² (see Evaluated). Of a sum of n terms of one size t and one sign it is about
/// t²·n³/3, so that the bound is λ u √(n/3) relative to the sum: it grows with the root of the accumulation
/// length. Of terms of random sign it is t²·n²/2: λ u/√2 relative to the sum of absolute values, whatever the
/// length. A result below the smallest normal number may be flushed to zero.
inline double error_bound(double rounded_squares, std::int64_t elements) {
  constexpr double unit_roundoff = 0x1p-24;
  constexpr double chance = 1e-9;
  const double lambda = std::sqrt(2 * std::log(2 * static_cast<double>(elements) / chance));
  return lambda * unit_roundoff * std::sqrt(rounded_squares) +
         static_cast<double>(std::numeric_limits<float>::min());
}

}  // namespace cnnbench

#include "harness/measure/student_t.h"

#include <cmath>
#include <initializer_list>

namespace cnnbench {
namespace {

/// The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8), by the method of
/// Lentz (1976).
double beta_fraction(double x, double a, double b) {
  constexpr double tiny = 1e-300;
  constexpr double close = 1e-15;
  constexpr int most_terms = 10000;
  const auto away_from_zero = [](double value) { return std::abs(value) < tiny ? tiny : value; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double fraction = d;
  for (int m = 1; m < most_terms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double factor = 1;
    for (const double term : {even, odd}) {
      d = 1 / away_from_zero(1 + term * d);
      c = away_from_zero(1 + term / c);
      factor = c * d;
      fraction *= factor;
    }
    if (std::abs(factor - 1) < close) break;
  }
  return fraction;
}

/// I_x(a, b).
double regularized_beta(double x, double a, double b) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  // The fraction converges fast on one side of the mean only.
  return x < (a + 1) / (a + b + 2) ? front * beta_fraction(x, a, b) / a
                                   : 1 - front * beta_fraction(1 - x, b, a) / b;
}

}  // namespace

double student_p(double t, double degrees) {
  if (std::isinf(t)) return 0;
  return regularized_beta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

double student_quantile(double p, double degrees) {
  double low = 0;
  double high = 1;
  while (student_p(high, degrees) > p) high *= 2;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (student_p(middle, degrees) > p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace cnnbench

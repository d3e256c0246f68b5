#include "harness/measure/student_t.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace cnnbench {

double student_p(double t, double degrees) {
  if (std::isinf(t)) return 0;
  return 2 * cdf(complement(boost::math::students_t(degrees), t));
}

double student_quantile(double p, double degrees) {
  return quantile(complement(boost::math::students_t(degrees), p / 2));
}

}  // namespace cnnbench

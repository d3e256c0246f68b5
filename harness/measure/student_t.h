#pragma once

namespace cnnbench {

/// The chance that |t| of Student's distribution with `degrees` of freedom is at least `t` (0 or more): the
/// two-sided p of a t test.
double student_p(double t, double degrees);

/// The t whose student_p() is `p`, above 0 and below 1: 2.262 for 0.05 with 9 degrees of freedom.
double student_quantile(double p, double degrees);

}  // namespace cnnbench

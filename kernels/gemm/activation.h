#pragma once

#include <cstdint>

#include "harness/model/layer.h"

namespace cnnbench::gemm {

/// y_i = f(x_i + bias) on one thread; `y` may be `x`.
void add_bias_and_activate(Activation function, float bias, const float* x, float* y, std::int64_t count);

/// Turns the gradient after a function into that before it, in place, from the function's result, and
/// returns the sum of the new gradients; on one thread.
double through_activation(Activation function, const float* result, float* gradient, std::int64_t count);

}  // namespace cnnbench::gemm

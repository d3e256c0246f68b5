#pragma once

#include <xnnpack.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "harness/model/layer.h"

/// All that differs between XNNPACK of 2022 (Debian 12) and of 2024 (Debian 13). Both create an operator
/// first, which packs its weights. The older one then takes sizes and addresses in one call, and the thread
/// pool with them; the newer one takes sizes first ("reshape"), says how much scratch memory it wants, and
/// takes addresses then. The library has no version macro; this flag came after the change.
#ifdef XNN_FLAG_KEEP_DIMS
#define CNNBENCH_XNNPACK_RESHAPES 1
#else
#define CNNBENCH_XNNPACK_RESHAPES 0
#endif

namespace cnnbench::xnnpack::compat {

/// Scratch memory of one operator; stays empty with the older library, which allocates its own.
class Workspace {
 public:
  void* reserve(std::size_t bytes, std::size_t alignment) {
    if (bytes == 0) return nullptr;
    const std::size_t unit = alignment < sizeof(void*) ? sizeof(void*) : alignment;
    data_.reset(std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit));
    return data_.get();
  }

 private:
  struct Free {
    void operator()(void* pointer) const { std::free(pointer); }
  };
  std::unique_ptr<void, Free> data_;
};

/// A sliding window over N×H×W×C: padding, kernel, stride and the tensor that it slides over.
struct Window {
  std::uint32_t top, right, bottom, left;
  std::uint32_t kernel_height, kernel_width;
  std::uint32_t stride_height, stride_width;
  std::size_t batch, height, width, channels;
};

/// What outputs are clamped to: a fused ReLU is {0, ∞}.
struct Bounds {
  float low = -INFINITY;
  float high = INFINITY;
};

inline xnn_status create_convolution(const Window& w, std::size_t groups, std::size_t filters,
                                     const float* kernel, const float* bias, Bounds bounds,
                                     std::uint32_t flags, xnn_operator_t* result) {
  return xnn_create_convolution2d_nhwc_f32(
      w.top, w.right, w.bottom, w.left, w.kernel_height, w.kernel_width, w.stride_height, w.stride_width, 1,
      1, static_cast<std::uint32_t>(groups), w.channels / groups, filters / groups, w.channels, filters,
      kernel, bias, bounds.low, bounds.high, flags,
#if CNNBENCH_XNNPACK_RESHAPES
      nullptr, nullptr,
#endif
      result);
}

inline xnn_status set_up_convolution(xnn_operator_t op, const Window& w, const float* src, float* dst,
                                     pthreadpool_t pool, [[maybe_unused]] Workspace& workspace) {
#if CNNBENCH_XNNPACK_RESHAPES
  std::size_t bytes = 0, alignment = 0, height = 0, width = 0;
  const xnn_status status = xnn_reshape_convolution2d_nhwc_f32(op, w.batch, w.height, w.width, &bytes,
                                                               &alignment, &height, &width, pool);
  if (status != xnn_status_success) return status;
  return xnn_setup_convolution2d_nhwc_f32(op, workspace.reserve(bytes, alignment), src, dst);
#else
  return xnn_setup_convolution2d_nhwc_f32(op, w.batch, w.height, w.width, src, dst, pool);
#endif
}

inline xnn_status create_dense(std::size_t inputs, std::size_t units, const float* kernel, const float* bias,
                               Bounds bounds, std::uint32_t flags, xnn_operator_t* result) {
  return xnn_create_fully_connected_nc_f32(inputs, units, inputs, units, kernel, bias, bounds.low,
                                           bounds.high, flags,
#if CNNBENCH_XNNPACK_RESHAPES
                                           nullptr, nullptr,
#endif
                                           result);
}

inline xnn_status set_up_dense(xnn_operator_t op, std::size_t batch, const float* src, float* dst,
                               pthreadpool_t pool) {
#if CNNBENCH_XNNPACK_RESHAPES
  const xnn_status status = xnn_reshape_fully_connected_nc_f32(op, batch, pool);
  return status != xnn_status_success ? status : xnn_setup_fully_connected_nc_f32(op, src, dst);
#else
  return xnn_setup_fully_connected_nc_f32(op, batch, src, dst, pool);
#endif
}

/// The newer library refuses maxima over windows that leave gaps.
constexpr bool max_pooling_may_skip = !CNNBENCH_XNNPACK_RESHAPES;

inline xnn_status create_max_pooling(const Window& w, std::uint32_t flags, xnn_operator_t* result) {
  return xnn_create_max_pooling2d_nhwc_f32(w.top, w.right, w.bottom, w.left, w.kernel_height, w.kernel_width,
                                           w.stride_height, w.stride_width, 1, 1,
#if !CNNBENCH_XNNPACK_RESHAPES
                                           w.channels, w.channels, w.channels,
#endif
                                           -INFINITY, INFINITY, flags, result);
}

inline xnn_status set_up_max_pooling(xnn_operator_t op, const Window& w, const float* src, float* dst,
                                     pthreadpool_t pool) {
#if CNNBENCH_XNNPACK_RESHAPES
  std::size_t height = 0, width = 0;
  const xnn_status status = xnn_reshape_max_pooling2d_nhwc_f32(op, w.batch, w.height, w.width, w.channels,
                                                               w.channels, w.channels, &height, &width, pool);
  return status != xnn_status_success ? status : xnn_setup_max_pooling2d_nhwc_f32(op, src, dst);
#else
  return xnn_setup_max_pooling2d_nhwc_f32(op, w.batch, w.height, w.width, src, dst, pool);
#endif
}

inline xnn_status create_average_pooling(const Window& w, std::uint32_t flags, xnn_operator_t* result) {
  return xnn_create_average_pooling2d_nhwc_f32(w.top, w.right, w.bottom, w.left, w.kernel_height,
                                               w.kernel_width, w.stride_height, w.stride_width,
#if !CNNBENCH_XNNPACK_RESHAPES
                                               w.channels, w.channels, w.channels,
#endif
                                               -INFINITY, INFINITY, flags, result);
}

inline xnn_status set_up_average_pooling(xnn_operator_t op, const Window& w, const float* src, float* dst,
                                         pthreadpool_t pool, [[maybe_unused]] Workspace& workspace) {
#if CNNBENCH_XNNPACK_RESHAPES
  std::size_t bytes = 0, alignment = 0, height = 0, width = 0;
  const xnn_status status =
      xnn_reshape_average_pooling2d_nhwc_f32(op, w.batch, w.height, w.width, w.channels, w.channels,
                                             w.channels, &bytes, &alignment, &height, &width, pool);
  if (status != xnn_status_success) return status;
  return xnn_setup_average_pooling2d_nhwc_f32(op, workspace.reserve(bytes, alignment), src, dst);
#else
  return xnn_setup_average_pooling2d_nhwc_f32(op, w.batch, w.height, w.width, src, dst, pool);
#endif
}

/// The older library has no hyperbolic tangent.
constexpr bool has_tanh = CNNBENCH_XNNPACK_RESHAPES;

/// relu, sigmoid, and tanh where has_tanh.
inline xnn_status create_activation(Activation function, [[maybe_unused]] std::size_t channels,
                                    std::uint32_t flags, xnn_operator_t* result) {
#if CNNBENCH_XNNPACK_RESHAPES
  xnn_unary_params params{};
  params.clamp = {0, INFINITY};
  const bool relu = function == Activation::relu;
  const xnn_unary_operator type = relu                              ? xnn_unary_clamp
                                  : function == Activation::sigmoid ? xnn_unary_sigmoid
                                                                    : xnn_unary_tanh;
  return xnn_create_unary_elementwise_nc(type, xnn_datatype_fp32, xnn_datatype_fp32, relu ? &params : nullptr,
                                         nullptr, nullptr, flags, result);
#else
  if (function == Activation::relu)
    return xnn_create_clamp_nc_f32(channels, channels, channels, 0, INFINITY, flags, result);
  return xnn_create_sigmoid_nc_f32(channels, channels, channels, flags, result);
#endif
}

inline xnn_status set_up_activation(xnn_operator_t op, [[maybe_unused]] Activation function, std::size_t rows,
                                    [[maybe_unused]] std::size_t channels, const float* src, float* dst,
                                    pthreadpool_t pool) {
#if CNNBENCH_XNNPACK_RESHAPES
  const xnn_status status = xnn_reshape_unary_elementwise_nc(op, rows, channels, channels, channels, pool);
  return status != xnn_status_success ? status : xnn_setup_unary_elementwise_nc(op, src, dst);
#else
  return function == Activation::relu ? xnn_setup_clamp_nc_f32(op, rows, src, dst, pool)
                                      : xnn_setup_sigmoid_nc_f32(op, rows, src, dst, pool);
#endif
}

inline xnn_status create_softmax([[maybe_unused]] std::size_t channels, std::uint32_t flags,
                                 xnn_operator_t* result) {
#if CNNBENCH_XNNPACK_RESHAPES
  return xnn_create_softmax_nc_f32(flags, result);
#else
  return xnn_create_softmax_nc_f32(channels, channels, channels, flags, result);
#endif
}

inline xnn_status set_up_softmax(xnn_operator_t op, std::size_t rows, [[maybe_unused]] std::size_t channels,
                                 const float* src, float* dst, pthreadpool_t pool) {
#if CNNBENCH_XNNPACK_RESHAPES
  const xnn_status status = xnn_reshape_softmax_nc_f32(op, channels, channels, channels, rows, pool);
  return status != xnn_status_success ? status : xnn_setup_softmax_nc_f32(op, src, dst);
#else
  return xnn_setup_softmax_nc_f32(op, rows, src, dst, pool);
#endif
}

}  // namespace cnnbench::xnnpack::compat

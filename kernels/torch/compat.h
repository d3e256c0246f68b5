#pragma once

#include <ATen/ATen.h>
#include <ATen/native/ConvUtils.h>
#include <torch/csrc/api/include/torch/version.h>

#include <cstring>
#include <vector>

/// All that differs between libtorch 1.13 and 2.6: an allocator's signature, and two functions that got
/// further arguments.
namespace cnnbench::torch::compat {

#if TORCH_VERSION_MAJOR >= 2
/// c10::Allocator; implement allocate_bytes().
class Allocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) final { return allocate_bytes(bytes); }
  void copy_data(void* to, const void* from, std::size_t bytes) const final { std::memcpy(to, from, bytes); }

 protected:
  virtual c10::DataPtr allocate_bytes(std::size_t bytes) const = 0;
};
#else
class Allocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) const final { return allocate_bytes(bytes); }

 protected:
  virtual c10::DataPtr allocate_bytes(std::size_t bytes) const = 0;
};
#endif

/// Weights (opaque) in the layout that oneDNN wants for this convolution of inputs of that size.
inline at::Tensor reordered_weights(const at::Tensor& weights, at::IntArrayRef padding,
                                    at::IntArrayRef stride, std::int64_t groups,
                                    [[maybe_unused]] at::IntArrayRef input_size) {
  const std::vector<std::int64_t> dilation{1, 1};
#if TORCH_VERSION_MAJOR >= 2
  return at::mkldnn_reorder_conv2d_weight(weights, padding, stride, dilation, groups, input_size);
#else
  return at::mkldnn_reorder_conv2d_weight(weights, padding, stride, dilation, groups);
#endif
}

/// Which of its implementations at::convolution takes.
inline at::native::ConvBackend selected(const at::Tensor& input, const at::Tensor& weights,
                                        const at::Tensor& bias, const std::vector<std::int64_t>& stride,
                                        const std::vector<std::int64_t>& padding, std::int64_t groups) {
#if TORCH_VERSION_MAJOR >= 2
  const auto symbolic = [](const std::vector<std::int64_t>& values) {
    return std::vector<c10::SymInt>(values.begin(), values.end());
  };
  const std::vector<c10::SymInt> one = symbolic({1, 1});
  const std::vector<c10::SymInt> zero = symbolic({0, 0});
  return at::native::select_conv_backend(input, weights, bias.defined() ? std::optional(bias) : std::nullopt,
                                         symbolic(stride), symbolic(padding), one, false, zero, groups, {});
#else
  const std::vector<std::int64_t> one{1, 1};
  const std::vector<std::int64_t> zero{0, 0};
  return at::native::select_conv_backend(input, weights,
                                         bias.defined() ? c10::optional<at::Tensor>(bias) : c10::nullopt,
                                         stride, padding, one, false, zero, groups);
#endif
}

}  // namespace cnnbench::torch::compat

#pragma once

#include <cstdint>
#include <string>

#include "kernels/winograd/blocking.h"
#include "kernels/winograd/kernels.h"

namespace cnnbench::winograd {

/// A convolution by F(4×4, 3×3) or F(6×6, 3×3), as the shape says, and smaller tiles where outputs are left
/// over. Images are in blocks of channels (see Image); weights and their gradients
/// [out_channels][in_channels][3][3]; all are f32. Scratch memory is the caller's: as many floats as a
/// function asks for, with any contents, aligned to 64 bytes as images and transformed weights are.
class Convolution {
 public:
  /// Throws std::invalid_argument: see kernels().
  Convolution(const Shape& shape, std::int64_t block, const std::string& instruction_set, int threads);
  const Shape& shape() const { return shape_; }

  /// Floats that transformed weights take, forward and backward data.
  std::int64_t packed_size() const;
  std::int64_t packed_backward_size() const;
  /// Floats of scratch memory that each function needs.
  std::int64_t forward_scratch_size() const;
  std::int64_t backward_data_scratch_size() const;
  std::int64_t backward_weights_scratch_size() const;

  /// Transforms weights for forward, and for backward_data.
  void pack(const float* weights, float* packed) const;
  void pack_backward(const float* weights, float* packed) const;

  /// dst = convolution(src) with the epilogue (whether its writes stream is decided here). Max pooling makes
  /// dst half as high and wide, rounded down.
  void forward(const float* src, const float* packed, const Epilogue& epilogue, float* dst,
               float* scratch) const;

  /// The gradient of the source. Where `places` (see Epilogue), those of forward with max pooling, are not
  /// null, diff_dst is the gradient of the maxima. Where `relu_src`, a source that is the output of ReLU, is
  /// not null, it is the gradient of what went into ReLU.
  void backward_data(const float* diff_dst, const std::uint8_t* places, const float* packed_backward,
                     const float* relu_src, float* diff_src, float* scratch) const;

  /// The gradients of weights and bias (may be null), `places` as in backward_data. Where `relu_dst`, the
  /// output of forward with ReLU and without pooling, is not null, diff_dst is first set to zero, in memory,
  /// where that output is.
  void backward_weights(const float* src, const float* relu_dst, float* diff_dst, const std::uint8_t* places,
                        float* diff_weights, float* diff_bias, float* scratch) const;

  /// The gradient of the output, of that of the maxima and their places: what the two functions above compute
  /// with and never write. For who wants to see it, on one thread.
  void unpool(const float* diff_maxima, const std::uint8_t* places, float* diff_dst) const;

 private:
  Shape shape_;
  std::int64_t block_;
  const Kernels& kernels_;
  int threads_;
};

}  // namespace cnnbench::winograd

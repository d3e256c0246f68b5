#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#include "kernels/winograd/convolution.h"
#include "tests/kernels/winograd/direct.h"

// winograd::Convolution on plain arrays, each run in memory of exactly the size asked for.
namespace cnnbench::winograd {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// Aligned memory with a guard behind it: a write there is found by intact(), a read too under the address
/// sanitizer.
class Memory {
 public:
  float* data() { return all_; }
  const float* data() const { return all_; }
  std::size_t size() const { return size_; }

  explicit Memory(std::int64_t size, float fill = not_a_number)
      : size_(static_cast<std::size_t>(size)), all_(allocate(size_ + guard)) {
    std::fill(all_, all_ + size_, fill);
    std::fill(all_ + size_, all_ + size_ + guard, canary);
#if defined(__SANITIZE_ADDRESS__)
    ASAN_POISON_MEMORY_REGION(all_ + size_, guard * sizeof(float));
#endif
  }
  ~Memory() {
    open_guard();
    operator delete[](all_, alignment);
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  bool intact() {
    open_guard();
    return std::all_of(all_ + size_, all_ + size_ + guard, [](float value) { return value == canary; });
  }

 private:
  static constexpr std::align_val_t alignment{64};
  static float* allocate(std::size_t floats) {
    return static_cast<float*>(operator new[](floats * sizeof(float), alignment));
  }
  static constexpr std::size_t guard = 64;
  static constexpr float canary = 12345;

  void open_guard() {
#if defined(__SANITIZE_ADDRESS__)
    ASAN_UNPOISON_MEMORY_REGION(all_ + size_, guard * sizeof(float));
#endif
  }

  std::size_t size_;
  float* all_;
};

/// Calls function(plain index, blocked index) for the elements of an array.
template <typename Function>
void for_each_place(const Plain& plain, std::int64_t block, const Function& function) {
  const std::int64_t plane = plain.height * plain.width;
  for (std::int64_t i = 0; i < plain.n; ++i)
    for (std::int64_t c = 0; c < plain.channels; ++c)
      for (std::int64_t p = 0; p < plane; ++p) {
        const std::int64_t column = i * blocks_of(plain.channels, block) + c / block;
        function(static_cast<std::size_t>((i * plain.channels + c) * plane + p),
                 static_cast<std::size_t>((column * plane + p) * block + c % block));
      }
}

inline std::int64_t blocked_size(const Plain& plain, std::int64_t block) {
  return plain.n * blocks_of(plain.channels, block) * block * plain.height * plain.width;
}

inline void to_blocked(const Plain& plain, std::int64_t block, Memory& blocked) {
  std::fill(blocked.data(), blocked.data() + blocked.size(), 0.0F);
  for_each_place(plain, block,
                 [&](std::size_t from, std::size_t to) { blocked.data()[to] = plain.values[from]; });
}

/// What a run wrote, as plain arrays; `clean` tells that lanes beyond the last channel are zero and that no
/// guard was touched.
struct Result {
  std::vector<float> values;
  std::vector<float> bias;      ///< its gradient, of backward weights
  std::vector<float> diff_dst;  ///< as backward weights left it
  bool clean = true;
};

inline Result from_blocked(const Plain& like, std::int64_t block, const Memory& blocked) {
  Result result;
  result.values.resize(like.values.size());
  std::vector<bool> channel(blocked.size(), false);
  for_each_place(like, block, [&](std::size_t to, std::size_t from) {
    result.values[to] = blocked.data()[from];
    channel[from] = true;
  });
  for (std::size_t i = 0; i < channel.size(); ++i)
    if (!channel[i] && blocked.data()[i] != 0) result.clean = false;
  return result;
}

/// Places of maxima, in the layout of the maxima, with a guard behind them.
class PlacesMemory {
 public:
  explicit PlacesMemory(std::int64_t size) : all_(static_cast<std::size_t>(size) + guard, canary) {}
  std::uint8_t* data() { return all_.data(); }
  bool intact() const { return std::count(all_.end() - guard, all_.end(), canary) == guard; }

 private:
  static constexpr std::ptrdiff_t guard = 64;
  static constexpr std::uint8_t canary = 99;
  std::vector<std::uint8_t> all_;
};

/// How a convolution is run.
struct Way {
  std::int64_t block = 8;
  std::string instruction_set;
  int threads = 1;
  int tile_size = 1;
  float scratch = not_a_number;  ///< what the scratch memory holds before

  /// A shape in tiles of this size.
  Shape in_tiles(Shape shape) const {
    shape.tile_size = tile_size;
    return shape;
  }
  std::string name() const {
    return "tiles of " + std::to_string(outputs_of(tile_size)) + " outputs, blocks of " +
           std::to_string(block) + ", " + instruction_set + ", " + std::to_string(threads) + " threads";
  }
};

inline std::vector<Way> ways(const std::vector<int>& thread_counts) {
  std::vector<Way> list;
  for (const std::string& instruction_set : instruction_sets())
    for (const std::int64_t block : {8, 16})
      for (const int tile_size : {1, 2})
        for (const int threads : thread_counts) list.push_back({block, instruction_set, threads, tile_size});
  return list;
}

inline Plain source_like(const Shape& s) {
  return {s.batch, s.in_channels, s.in_height, s.in_width,
          std::vector<float>(static_cast<std::size_t>(s.batch * s.in_channels * s.in_height * s.in_width))};
}

/// The output, or the maxima of 2×2 of it; without values.
inline Plain output_like(const Shape& s, bool max_pool) {
  const std::int64_t side = max_pool ? 2 : 1;
  Plain dst{s.batch, s.out_channels, s.out_height / side, s.out_width / side, {}};
  dst.values.resize(static_cast<std::size_t>(dst.n * dst.channels * dst.height * dst.width));
  return dst;
}

inline Result run_forward(const Shape& s, const Way& way, const Plain& src, const Plain& weights,
                          const Epilogue& epilogue) {
  const Convolution convolution(way.in_tiles(s), way.block, way.instruction_set, way.threads);
  const Plain dst = output_like(s, epilogue.max_pool);
  Memory from(blocked_size(src, way.block));
  Memory to(blocked_size(dst, way.block));
  Memory packed(convolution.packed_size());
  Memory scratch(convolution.forward_scratch_size(), way.scratch);
  to_blocked(src, way.block, from);
  convolution.pack(weights.values.data(), packed.data());
  convolution.forward(from.data(), packed.data(), epilogue, to.data(), scratch.data());
  Result result = from_blocked(dst, way.block, to);
  result.clean = result.clean && to.intact() && packed.intact() && scratch.intact();
  return result;
}

/// `places`, where not null, are those of the forward convolution, and diff_dst the gradient of the maxima;
/// `relu_src`, where not null, is the output of ReLU.
inline Result run_backward_data(const Shape& s, const Way& way, const Plain& diff_dst, const Plain& weights,
                                const std::uint8_t* places = nullptr, const Plain* relu_src = nullptr) {
  const Convolution convolution(way.in_tiles(s), way.block, way.instruction_set, way.threads);
  const Plain diff_src = source_like(s);
  Memory from(blocked_size(diff_dst, way.block));
  Memory to(blocked_size(diff_src, way.block));
  Memory source(blocked_size(diff_src, way.block));
  if (relu_src != nullptr) to_blocked(*relu_src, way.block, source);
  Memory packed(convolution.packed_backward_size());
  Memory scratch(convolution.backward_data_scratch_size(), way.scratch);
  to_blocked(diff_dst, way.block, from);
  convolution.pack_backward(weights.values.data(), packed.data());
  convolution.backward_data(from.data(), places, packed.data(), relu_src == nullptr ? nullptr : source.data(),
                            to.data(), scratch.data());
  Result result = from_blocked(diff_src, way.block, to);
  result.clean = result.clean && to.intact() && packed.intact() && scratch.intact();
  return result;
}

/// `relu_dst` may be null.
inline Result run_backward_weights(const Shape& s, const Way& way, const Plain& src, const Plain* relu_dst,
                                   const Plain& diff_dst, bool with_bias,
                                   const std::uint8_t* places = nullptr) {
  const Convolution convolution(way.in_tiles(s), way.block, way.instruction_set, way.threads);
  Memory from(blocked_size(src, way.block));
  Memory gradient(blocked_size(diff_dst, way.block));
  Memory output(blocked_size(diff_dst, way.block));
  Memory weights(s.out_channels * s.in_channels * 9);
  Memory bias(s.out_channels);
  Memory scratch(convolution.backward_weights_scratch_size(), way.scratch);
  to_blocked(src, way.block, from);
  to_blocked(diff_dst, way.block, gradient);
  if (relu_dst != nullptr) to_blocked(*relu_dst, way.block, output);
  convolution.backward_weights(from.data(), relu_dst == nullptr ? nullptr : output.data(), gradient.data(),
                               places, weights.data(), with_bias ? bias.data() : nullptr, scratch.data());
  Result result = from_blocked(diff_dst, way.block, gradient);
  result.diff_dst = std::move(result.values);
  result.values.assign(weights.data(), weights.data() + weights.size());
  if (with_bias) result.bias.assign(bias.data(), bias.data() + bias.size());
  result.clean = result.clean && gradient.intact() && weights.intact() && bias.intact() && scratch.intact();
  return result;
}

}  // namespace cnnbench::winograd

// What Highway costs in the micro-kernel of kernels/winograd against intrinsics, and where a layer's time
// goes.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "benchmarks/winograd_benchmark.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "kernels/winograd/micro_kernel-inl.h"

#ifndef BENCHMARKS_WINOGRAD_PANEL
#define BENCHMARKS_WINOGRAD_PANEL
namespace cnnbench::winograd {

/// As many rows as a micro-kernel has, times two blocks of columns.
struct Panel {
  const float* a;  ///< [inner / block][rows][block]
  const float* b;  ///< [2][inner][block]
  float* c;        ///< [2][rows][block]
  std::int64_t inner;
};

struct MicroKernel {
  void (*multiply)(const Panel&);
  int rows;
  int block;
};

}  // namespace cnnbench::winograd
#endif

HWY_BEFORE_NAMESPACE();
namespace cnnbench::winograd::HWY_NAMESPACE {

constexpr int block = registers == 32 ? 16 : 8;

void multiply_panel(const Panel& panel) {
  constexpr int rows = Kernel<block>::rows;
  multiply_rows<block, rows, 2, false>(
      {panel.a, rows * block, panel.b, panel.inner * block, panel.c, rows * block, panel.inner});
}

MicroKernel micro_kernel() {
  return {multiply_panel, Kernel<block>::rows, block};
}

}  // namespace cnnbench::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <benchmark/benchmark.h>
#if HWY_ARCH_X86
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "kernels/winograd/blocking.h"
#include "kernels/winograd/kernels.h"

namespace cnnbench::winograd {
namespace {

HWY_EXPORT(micro_kernel);

using Clock = std::chrono::steady_clock;

template <typename Function>
double seconds(const Function& function) {
  const Clock::time_point start = Clock::now();
  function();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Memory that begins at a cache line, filled with small numbers.
class Floats {
 public:
  explicit Floats(std::int64_t size) : all_(static_cast<std::size_t>(size) + line) {
    for (std::size_t i = 0; i < all_.size(); ++i) all_[i] = static_cast<float>(i % 31) / 31 - 0.5F;
  }
  float* data() {
    const auto address = reinterpret_cast<std::uintptr_t>(all_.data());
    return all_.data() + (line - address / sizeof(float) % line) % line;
  }

 private:
  static constexpr std::size_t line = 16;
  std::vector<float> all_;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

#if HWY_ARCH_X86

/// As many products are added up before their sums are, to compare like with like.
constexpr std::int64_t most_terms = 64;

/// What one would write for AVX2 alone: 6 rows times 2 vectors.
__attribute__((target("avx2,fma"))) void multiply_avx2(const Panel& panel) {
  constexpr int rows = 6;
  constexpr int lanes = 8;
  const float* b0 = panel.b;
  const float* b1 = panel.b + panel.inner * lanes;
  for (std::int64_t first = 0; first < panel.inner; first += most_terms) {
    __m256 sums[rows][2];
#pragma GCC unroll 6
    for (int r = 0; r < rows; ++r) sums[r][0] = sums[r][1] = _mm256_setzero_ps();
    const std::int64_t last = std::min(panel.inner, first + most_terms);
    for (std::int64_t k = first; k < last; k += lanes)
      for (const float* a = panel.a + k * rows; a != panel.a + k * rows + lanes;
           ++a, b0 += lanes, b1 += lanes) {
        const __m256 column0 = _mm256_loadu_ps(b0);
        const __m256 column1 = _mm256_loadu_ps(b1);
#pragma GCC unroll 6
        for (int r = 0; r < rows; ++r) {
          const __m256 scalar = _mm256_broadcast_ss(a + r * lanes);
          sums[r][0] = _mm256_fmadd_ps(scalar, column0, sums[r][0]);
          sums[r][1] = _mm256_fmadd_ps(scalar, column1, sums[r][1]);
        }
      }
#pragma GCC unroll 6
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < 2; ++v) {
        float* const c = panel.c + (v * rows + r) * lanes;
        _mm256_storeu_ps(c, first == 0 ? sums[r][v] : _mm256_add_ps(sums[r][v], _mm256_loadu_ps(c)));
      }
  }
}

/// The same for AVX-512: 14 rows times 2 vectors.
__attribute__((target("avx512f"))) void multiply_avx512(const Panel& panel) {
  constexpr int rows = 14;
  constexpr int lanes = 16;
  const float* b0 = panel.b;
  const float* b1 = panel.b + panel.inner * lanes;
  for (std::int64_t first = 0; first < panel.inner; first += most_terms) {
    __m512 sums[rows][2];
#pragma GCC unroll 14
    for (int r = 0; r < rows; ++r) sums[r][0] = sums[r][1] = _mm512_setzero_ps();
    const std::int64_t last = std::min(panel.inner, first + most_terms);
    for (std::int64_t k = first; k < last; k += lanes)
      for (const float* a = panel.a + k * rows; a != panel.a + k * rows + lanes;
           ++a, b0 += lanes, b1 += lanes) {
        const __m512 column0 = _mm512_loadu_ps(b0);
        const __m512 column1 = _mm512_loadu_ps(b1);
#pragma GCC unroll 14
        for (int r = 0; r < rows; ++r) {
          const __m512 scalar = _mm512_set1_ps(a[r * lanes]);
          sums[r][0] = _mm512_fmadd_ps(scalar, column0, sums[r][0]);
          sums[r][1] = _mm512_fmadd_ps(scalar, column1, sums[r][1]);
        }
      }
#pragma GCC unroll 14
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < 2; ++v) {
        float* const c = panel.c + (v * rows + r) * lanes;
        _mm512_storeu_ps(c, first == 0 ? sums[r][v] : _mm512_add_ps(sums[r][v], _mm512_loadu_ps(c)));
      }
  }
}

/// Both in turns on the same operands; the counter is the ratio of their medians. GFLOP/s are Highway's.
void compare(benchmark::State& state, const MicroKernel& highway, void (*intrinsics)(const Panel&)) {
  constexpr int calls = 200;  // about 0.1 ms
  const std::int64_t inner = state.range(0);
  Floats a(inner * highway.rows);
  Floats b(inner * 2 * highway.block);
  Floats c(2 * highway.rows * highway.block);
  Floats d(2 * highway.rows * highway.block);
  const auto repeat = [&](void (*multiply)(const Panel&), float* to) {
    return seconds([&] {
      for (int i = 0; i < calls; ++i) {
        multiply({a.data(), b.data(), to, inner});
        benchmark::ClobberMemory();
      }
    });
  };
  std::array<std::vector<double>, 2> times;
  for (auto _ : state) {
    times[0].push_back(repeat(highway.multiply, c.data()));
    times[1].push_back(repeat(intrinsics, d.data()));
  }
  if (!std::equal(c.data(), c.data() + 2 * highway.rows * highway.block, d.data()))
    state.SkipWithError("the two micro-kernels have different results");
  const double typical = median(times[0]);
  state.counters["highway_over_intrinsics"] = typical / median(times[1]);
  state.counters["GFLOP/s"] =
      1e-9 * 4 * calls * static_cast<double>(inner) * highway.rows * highway.block / typical;
}

void register_micro_kernel(const std::string& name, std::int64_t target, void (*intrinsics)(const Panel&)) {
  if ((hwy::SupportedTargets() & HWY_TARGETS & target) == 0) return;
  hwy::GetChosenTarget().Update(target);
  const MicroKernel highway = HWY_DYNAMIC_DISPATCH(micro_kernel)();
  hwy::GetChosenTarget().DeInit();
  benchmark::RegisterBenchmark(
      ("micro_kernel/" + name).c_str(),
      [highway, intrinsics](benchmark::State& state) { compare(state, highway, intrinsics); })
      ->Arg(64)
      ->Arg(256)
      ->Arg(512);
}

#endif

/// The stages of a forward convolution of one image, with one thread: their shares of the time.
void stages(benchmark::State& state, std::int64_t channels_in, std::int64_t channels_out, std::int64_t side,
            int tile_size) {
  const std::string instruction_set = instruction_sets()[0];
  const std::int64_t block = instruction_set == "avx512" ? 16 : 8;
  const Kernels& use = kernels(block, tile_size, instruction_set);
  const Shape shape{1, channels_in, channels_out, side, side, side, side, 1, 1, tile_size};
  const std::int64_t columns_in = blocks_of(channels_in, block);
  const std::int64_t columns_out = blocks_of(channels_out, block);
  const std::int64_t most = forward_blocking(shape, 1).tiles;
  Floats src(channels_in * side * side + block);
  Floats dst(channels_out * side * side + block);
  Floats weights(TileMatrix<float>{nullptr, shape.elements(), channels_in, columns_out, block}.size());
  Floats inputs(TileMatrix<float>{nullptr, shape.elements(), most, columns_in, block}.size());
  Floats products(TileMatrix<float>{nullptr, shape.elements(), most, columns_out, block}.size());
  const Image<const float> from{src.data(), channels_in, side, side, block};
  const Image<float> to{dst.data(), channels_out, side, side, block};
  const TileMatrix<const float> packed{weights.data(), shape.elements(), channels_in, columns_out, block};

  std::array<double, 3> sums{};
  for (auto _ : state)
    for (std::int64_t first = 0; first < shape.tiles(); first += most) {
      const Range tiles{0, std::min(most, shape.tiles() - first)};
      const TileMatrix<float> v{inputs.data(), shape.elements(), tiles.size(), columns_in, block};
      const TileMatrix<float> m{products.data(), shape.elements(), tiles.size(), columns_out, block};
      sums[0] += seconds([&] {
        for (std::int64_t i = 0; i < columns_in; ++i) use.transform_input(shape, from, first, i, tiles, v);
      });
      sums[1] += seconds([&] {
        for (std::int64_t i = 0; i < shape.elements(); ++i)
          use.multiply({v.data, v.elements, v.rows, v.columns, block}, packed, i,
                       {0, Kernels::pairs_of(columns_out)},
                       tiles_with(shape, kind_of(shape, i), {first, first + tiles.size()}), channels_in, m);
      });
      sums[2] += seconds([&] {
        for (std::int64_t i = 0; i < columns_out; ++i)
          use.transform_output(shape, m, first, i, tiles, {nullptr, true}, to);
      });
    }
  const double all = sums[0] + sums[1] + sums[2];
  state.counters["input_share"] = sums[0] / all;
  state.counters["multiply_share"] = sums[1] / all;
  state.counters["output_share"] = sums[2] / all;
  state.counters["multiply_GFLOP/s"] = 1e-9 * 2 * static_cast<double>(state.iterations()) *
                                       static_cast<double>(shape.products() * channels_in * channels_out) /
                                       sums[1];
  state.SetLabel(instruction_set);
}

BENCHMARK_CAPTURE(stages, vgg16_conv1_2_f4x4, 64, 64, 224, 1);
BENCHMARK_CAPTURE(stages, vgg16_conv1_2_f6x6, 64, 64, 224, 2);
BENCHMARK_CAPTURE(stages, vgg16_conv3_2_f4x4, 256, 256, 56, 1);
BENCHMARK_CAPTURE(stages, vgg16_conv3_2_f6x6, 256, 256, 56, 2);
BENCHMARK_CAPTURE(stages, vgg16_conv5_1_f4x4, 512, 512, 14, 1);
BENCHMARK_CAPTURE(stages, vgg16_conv5_1_f6x6, 512, 512, 14, 2);

}  // namespace
}  // namespace cnnbench::winograd

int main(int argc, char** argv) {
#if HWY_ARCH_X86
  cnnbench::winograd::register_micro_kernel("avx2", HWY_AVX2, cnnbench::winograd::multiply_avx2);
  cnnbench::winograd::register_micro_kernel("avx512", HWY_AVX3, cnnbench::winograd::multiply_avx512);
#endif
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

#endif  // HWY_ONCE

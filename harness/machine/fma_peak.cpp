#include "harness/machine/fma_peak.h"

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cnnbench {
namespace {

// Two units that take four to five cycles each keep eight to ten multiply-adds under way; with the two
// operands below, twelve chains still fit the 16 registers of AVX2 and SSE2.
constexpr int chains = 12;

// x → a·x + (1 - a) from 0.5 or more: goes up to 1, so that neither denormals nor infinities slow it down,
// and a chain's value after n steps is known: 1 - (1 - x)·aⁿ.
constexpr float factor = 0.999F;
constexpr float addend = 1 - factor;

float start_of(int chain) {
  return 0.5F + 0.04F * static_cast<float>(chain);
}

/// Runs every chain `steps` times and adds up their values over all lanes.
using Kernel = double (*)(std::int64_t steps);

struct InstructionSet {
  std::string name;
  int lanes;
  Kernel kernel;
};

#if defined(__x86_64__)

__attribute__((target("avx512f"), noinline)) double run_avx512(std::int64_t steps) {
  const __m512 a = _mm512_set1_ps(factor);
  const __m512 b = _mm512_set1_ps(addend);
  __m512 x[chains];
#pragma GCC unroll 12
  for (int i = 0; i < chains; ++i) x[i] = _mm512_set1_ps(start_of(i));
  for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) x[i] = _mm512_fmadd_ps(x[i], a, b);
  }
  double sum = 0;
  alignas(64) float lanes[16];
  for (int i = 0; i < chains; ++i) {
    _mm512_store_ps(lanes, x[i]);
    for (const float lane : lanes) sum += static_cast<double>(lane);
  }
  return sum;
}

__attribute__((target("avx2,fma"), noinline)) double run_avx2(std::int64_t steps) {
  const __m256 a = _mm256_set1_ps(factor);
  const __m256 b = _mm256_set1_ps(addend);
  __m256 x[chains];
#pragma GCC unroll 12
  for (int i = 0; i < chains; ++i) x[i] = _mm256_set1_ps(start_of(i));
  for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) x[i] = _mm256_fmadd_ps(x[i], a, b);
  }
  double sum = 0;
  alignas(32) float lanes[8];
  for (int i = 0; i < chains; ++i) {
    _mm256_store_ps(lanes, x[i]);
    for (const float lane : lanes) sum += static_cast<double>(lane);
  }
  return sum;
}

/// Without fused multiply-adds: a multiplication and an addition.
__attribute__((noinline)) double run_sse2(std::int64_t steps) {
  const __m128 a = _mm_set1_ps(factor);
  const __m128 b = _mm_set1_ps(addend);
  __m128 x[chains];
#pragma GCC unroll 12
  for (int i = 0; i < chains; ++i) x[i] = _mm_set1_ps(start_of(i));
  for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) x[i] = _mm_add_ps(_mm_mul_ps(x[i], a), b);
  }
  double sum = 0;
  alignas(16) float lanes[4];
  for (int i = 0; i < chains; ++i) {
    _mm_store_ps(lanes, x[i]);
    for (const float lane : lanes) sum += static_cast<double>(lane);
  }
  return sum;
}

std::vector<InstructionSet> available() {
  std::vector<InstructionSet> sets;
  if (__builtin_cpu_supports("avx512f")) sets.push_back({"AVX-512F", 16, run_avx512});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    sets.push_back({"AVX2+FMA", 8, run_avx2});
  sets.push_back({"SSE2", 4, run_sse2});
  return sets;
}

#else

constexpr int baseline_lanes = 4;

/// Vectors are the compiler's affair.
__attribute__((noinline)) double run_baseline(std::int64_t steps) {
  float x[chains][baseline_lanes];
  for (int i = 0; i < chains; ++i)
    for (float& lane : x[i]) lane = start_of(i);
  for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i)
      for (float& lane : x[i]) lane = std::fma(lane, factor, addend);
  }
  double sum = 0;
  for (int i = 0; i < chains; ++i)
    for (const float lane : x[i]) sum += static_cast<double>(lane);
  return sum;
}

std::vector<InstructionSet> available() {
  return {{"baseline", baseline_lanes, run_baseline}};
}

#endif

/// What a kernel has to return, but for rounding.
double expected(const InstructionSet& set, std::int64_t steps) {
  double sum = 0;
  for (int i = 0; i < chains; ++i)
    sum += 1 - (1 - static_cast<double>(start_of(i))) *
                   std::pow(static_cast<double>(factor), static_cast<double>(steps));
  return sum * set.lanes;
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Whether a kernel's result is right. Rounding is at most half a unit in the last place a step, and the map
/// shrinks what came before.
bool is_right(double sum, double right) {
  return std::abs(sum - right) < 1e-3 * right;
}

[[noreturn]] void report_wrong(const InstructionSet& set) {
  throw std::logic_error("multiply-adds with " + set.name + " gave a wrong result");
}

/// Steps that take one thread about `seconds`.
std::int64_t steps_for(const InstructionSet& set, double seconds) {
  for (std::int64_t steps = 1 << 12;; steps *= 2) {
    const double start = now();
    const double sum = set.kernel(steps);
    const double took = now() - start;
    if (!is_right(sum, expected(set, steps))) report_wrong(set);
    if (took >= seconds / 2) return steps;
  }
}

/// FLOP/s of one run: all threads begin together, and the last one ends it.
double rate(const InstructionSet& set, int threads, std::int64_t steps) {
  const double right = expected(set, steps);
  int wrong = 0;
  int team = 1;
  double start = 0;
  double end = 0;
#pragma omp parallel num_threads(threads) reduction(+ : wrong)
  {
#pragma omp barrier
#pragma omp master
    {
      team = omp_get_num_threads();
      start = now();
    }
    if (!is_right(set.kernel(steps), right)) wrong += 1;
#pragma omp barrier
#pragma omp master
    end = now();
  }
  if (wrong > 0) report_wrong(set);
  return 2.0 * chains * set.lanes * static_cast<double>(steps) * team / (end - start);
}

double best_rate(const InstructionSet& set, int threads, double budget) {
  // Long beside a barrier, short beside a time slice: some runs pass undisturbed on a busy machine too.
  constexpr double run = 1e-3;
  constexpr int fewest_runs = 10;
  const double begin = now();
  const std::int64_t steps = steps_for(set, run);
  double best = 0;
  for (int i = 0; i < fewest_runs || now() - begin < budget; ++i)
    best = std::max(best, rate(set, threads, steps));
  return best;
}

FmaPeak measure(const std::vector<InstructionSet>& sets, int threads) {
  if (threads < 1) throw std::invalid_argument("the peak of no threads");
  constexpr double budget = 0.1;  // seconds
  FmaPeak peak;
  for (const InstructionSet& set : sets) {
    const double flops = best_rate(set, threads, budget / static_cast<double>(sets.size()));
    if (flops > peak.flops_per_second) peak = {flops, set.name};
  }
  return peak;
}

}  // namespace

std::vector<std::string> fma_instruction_sets() {
  std::vector<std::string> names;
  for (const InstructionSet& set : available()) names.push_back(set.name);
  return names;
}

FmaPeak measure_fma_peak(int threads) {
  std::vector<InstructionSet> sets = available();
  if (sets.size() > 1) sets.pop_back();  // the narrowest has no fused multiply-add
  return measure(sets, threads);
}

FmaPeak measure_fma_peak(int threads, const std::string& instruction_set) {
  std::vector<InstructionSet> sets = available();
  std::erase_if(sets, [&](const InstructionSet& set) { return set.name != instruction_set; });
  if (sets.empty()) throw std::invalid_argument("no instruction set '" + instruction_set + "' on this CPU");
  return measure(sets, threads);
}

}  // namespace cnnbench

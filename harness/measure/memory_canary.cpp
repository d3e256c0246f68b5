#include "harness/measure/memory_canary.h"

#include <omp.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace cnnbench {
namespace {

constexpr std::size_t line_bytes = 64;

/// Four times the second-level cache, so that little of it is found there the second time; from 4 to 8 MiB.
std::size_t buffer_bytes() {
  constexpr std::size_t mebibyte = std::size_t{1} << 20;
  const long cache = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return std::clamp(cache > 0 ? 4 * static_cast<std::size_t>(cache) : 0, 4 * mebibyte, 8 * mebibyte);
}

#if defined(__x86_64__) || defined(__aarch64__)
constexpr bool can_empty_caches = true;
#else
constexpr bool can_empty_caches = false;
#endif

/// Puts what lies there out of the caches of all cores.
void empty_caches([[maybe_unused]] const std::uint64_t* words, [[maybe_unused]] std::size_t count) {
#if defined(__x86_64__)
  for (std::size_t i = 0; i < count; i += line_bytes / sizeof *words) _mm_clflush(words + i);
  _mm_mfence();
#elif defined(__aarch64__)
  for (std::size_t i = 0; i < count; i += line_bytes / sizeof *words)
    asm volatile("dc civac, %0" ::"r"(words + i) : "memory");
  asm volatile("dsb ish" ::: "memory");
#endif
}

/// Eight sums, so that no addition waits for the one before.
std::uint64_t sum(const std::uint64_t* words, std::size_t count) {
  std::uint64_t sums[8] = {};
  for (std::size_t i = 0; i < count; i += 8)
    for (std::size_t k = 0; k < 8; ++k) sums[k] += words[i + k];
  std::uint64_t all = 0;
  for (const std::uint64_t one : sums) all += one;
  return all;
}

}  // namespace

MemoryCanary::MemoryCanary(Clock& clock, int threads)
    : clock_(clock),
      threads_(threads),
      words_(buffer_bytes() / sizeof(std::uint64_t)),
      buffers_(static_cast<std::size_t>(threads)) {
#pragma omp parallel num_threads(threads)
  {
    auto& own = buffers_[static_cast<std::size_t>(omp_get_thread_num())];
    own = std::make_unique_for_overwrite<std::uint64_t[]>(words_);
    std::fill_n(own.get(), words_, std::uint64_t{1});
  }
}

MemoryCanary::Times MemoryCanary::sing() const {
  double start = 0;
  double middle = 0;
  double end = 0;
  std::uint64_t wrong = 0;  // what is read is known, so that no reading can be left out
#pragma omp parallel num_threads(threads_) reduction(+ : wrong)
  {
    const std::uint64_t* const own = buffers_[static_cast<std::size_t>(omp_get_thread_num())].get();
    const auto read = [&] { wrong += own == nullptr ? 0 : sum(own, words_) - words_; };
    if (own != nullptr) empty_caches(own, words_);
#pragma omp barrier
#pragma omp master
    start = clock_.now();
    read();
#pragma omp barrier
#pragma omp master
    middle = clock_.now();
    read();
#pragma omp barrier
#pragma omp master
    end = clock_.now();
  }
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  if (wrong != 0) return {unknown, unknown};
  return {can_empty_caches ? middle - start : unknown, end - middle};
}

}  // namespace cnnbench

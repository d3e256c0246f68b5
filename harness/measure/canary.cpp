#include "harness/measure/canary.h"

#include <algorithm>
#include <array>

namespace cnnbench {
namespace {

constexpr double target_seconds = 1e-3;

/// Two chains converge to 1 whatever the count, so that the result is known and cannot be left out.
bool multiply_add(std::int64_t count) {
  double a = 2;
  double b = 3;
  for (std::int64_t i = 0; i < count; ++i) {
    a = a * 0.5 + 0.5;
    b = b * 0.25 + 0.75;
  }
  return a + b >= 2;
}

/// Seconds of the calling thread's chains and, at the same time, those of all other threads.
double run(Clock& clock, int threads, std::int64_t count) {
  int right = 0;
  const double start = clock.now();
#pragma omp parallel num_threads(threads) reduction(+ : right)
  right += multiply_add(count) ? 1 : 0;
  const double end = clock.now();
  return right > 0 ? end - start : 0;
}

}  // namespace

Canary::Canary(Clock& clock, int threads) : clock_(clock), threads_(threads) {
  constexpr std::int64_t first_guess = 20'000;
  constexpr int warm_up = 20;  // wakes the threads, and lets the frequency settle
  for (int i = 0; i < warm_up; ++i) run(clock, threads, 10 * first_guess);
  std::array<double, reference_songs> times{};
  const auto median = [&](std::int64_t count) {
    for (double& time : times) time = run(clock, threads, count);
    std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
    return times[times.size() / 2];
  };
  const double guessed = median(first_guess);
  const double scale = guessed > 0 ? std::min(target_seconds / guessed, 1000.0) : 1.0;
  multiply_adds_ = std::max<std::int64_t>(static_cast<std::int64_t>(first_guess * scale), 1);
  reference_seconds_ = median(multiply_adds_);
}

double Canary::sing() const {
  return run(clock_, threads_, multiply_adds_);
}

}  // namespace cnnbench

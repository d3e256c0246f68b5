#include "harness/measure/stopping_rule.h"

#include <cmath>
#include <cstddef>
#include <stdexcept>

namespace cnnbench {

namespace {

// Fewer steps, or less time, can agree by chance before the machine has settled.
constexpr std::int64_t least_steps = 10;
constexpr double least_seconds = 0.5;
constexpr std::int64_t steps_a_look = 20;  // so many before, one more until the next look

bool is_limit(double value) {
  return std::isfinite(value) && value >= 0;
}

}  // namespace

std::string_view to_string(StopReason reason) {
  switch (reason) {
    case StopReason::steps:
      return "steps";
    case StopReason::precision:
      return "precision";
    case StopReason::max_seconds:
      return "max_seconds";
    case StopReason::interrupted:
      return "interrupted";
    case StopReason::failed:
      return "failed";
  }
  throw std::invalid_argument("no such reason for stopping");
}

StoppingRule::StoppingRule(const TimingSettings& settings) : settings_(settings) {
  if (settings.steps < 1) throw std::invalid_argument("at least one step must be timed");
  if (settings.burn_in < 0) throw std::invalid_argument("burn-in is a number of steps, not negative");
  if (!is_limit(settings.precision)) throw std::invalid_argument("precision must be finite and not negative");
  if (!is_limit(settings.max_seconds))
    throw std::invalid_argument("max_seconds must be finite and not negative");
}

void StoppingRule::add(double seconds) {
  ++count_;
  total_.add(seconds);
  if (settings_.precision > 0) {
    steps_.push_back(seconds);
    sorted_.add(seconds);
    median_rank_.next();
  }
}

std::optional<StopReason> StoppingRule::decide() {
  if (count_ == 0) return std::nullopt;
  if (count_ >= settings_.steps) return StopReason::steps;
  if (precise_enough()) return StopReason::precision;
  if (settings_.max_seconds > 0 && total_.value() >= settings_.max_seconds) return StopReason::max_seconds;
  return std::nullopt;
}

bool StoppingRule::precise_enough() {
  if (settings_.precision <= 0 || count_ < least_steps || total_.value() < least_seconds) return false;
  if (count_ < next_look_) return false;
  next_look_ = count_ + 1 + count_ / steps_a_look;
  const std::size_t n = sorted_.size();
  const double median = (sorted_[(n - 1) / 2] + sorted_[n / 2]) / 2;
  const std::int64_t rank = median_interval_rank(steps_, median, median_rank_.lower());
  if (rank == 0) return false;
  const auto low = static_cast<std::size_t>(rank - 1);
  return (sorted_[n - 1 - low] - sorted_[low]) / 2 <= settings_.precision * median;
}

}  // namespace cnnbench

#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace cnnbench {

/// The order in which several subjects take their turns: rounds in pairs, the first of a pair in a random
/// order, the second in the reverse of it. Over a pair every subject has the same mean place, so that a
/// steady drift of the machine meets all alike; over many, every subject follows every other. The same seed
/// gives the same order on every rank and machine.
class Turns {
 public:
  static constexpr std::size_t burst = 5;  ///< steps of one subject before the next one's turn

  Turns(std::size_t subjects, std::uint64_t seed);

  /// The next round: each subject once.
  const std::vector<std::size_t>& next_round();

 private:
  std::mt19937_64 random_;
  std::vector<std::size_t> order_;
  bool second_ = true;  ///< of a pair
};

}  // namespace cnnbench

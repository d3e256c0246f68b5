#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/backend/backend.h"
#include "harness/backend/oracle.h"
#include "harness/measure/record.h"

namespace cnnbench {

struct VerificationOptions {
  /// Multiply-adds that the oracle may spend on one tensor: a tensor that costs less is checked whole, and so
  /// is one that holds one number a channel; else a seeded sample of it (see sample_elements).
  std::int64_t budget = 20'000'000;
  /// Elements of the largest samples, about.
  std::int64_t most_elements = 1 << 17;
  /// Parameters must be those of the seed to the bit. Off where somebody wrote others into the program.
  bool parameters_from_seed = true;
  /// Images that were written into the program; empty: those of the seed.
  std::span<const float> images;
};

/// Runs one step of a program and compares every layer's output and gradients, and the loss, with the oracle
/// on that layer's own inputs as the program produced them. NaN fails.
std::vector<Check> verify(Program& program, const Model& model, const PrepareOptions& options,
                          const Oracle& oracle, const VerificationOptions& settings = {});

/// Bytes that verify() allocates at most beside the program.
double verification_bytes(const Model& model, bool training, std::int64_t batch,
                          const VerificationOptions& settings = {});

}  // namespace cnnbench

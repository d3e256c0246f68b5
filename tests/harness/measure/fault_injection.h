#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/backend/choice.h"
#include "harness/measure/verification.h"
#include "tests/harness/measure/fake_backend.h"

namespace cnnbench {

constexpr int conv = 0;
constexpr int pool = 1;
constexpr int drop = 2;
constexpr int dense = 4;
constexpr std::int64_t row = 8;
constexpr std::int64_t plane = 8 * row;

/// The reference with a fault, verified against itself.
class FaultInjection : public ::testing::Test {
 protected:
  void start(Pass pass = Pass::forward_backward) {
    options.pass = pass;
    program = std::make_unique<FaultyProgram>(find_backend("reference")->prepare(model, options));
  }

  /// From now on `tensor` of a layer reads as the function makes it.
  void change(int layer, Tensor tensor, std::function<void(std::span<float>)> function) {
    program->change = [=](int read_layer, Tensor read_tensor, std::span<float> plain) {
      if (read_layer == layer && read_tensor == tensor) function(plain);
    };
  }

  std::vector<float> read(int layer, Tensor tensor) {
    std::vector<float> values(static_cast<std::size_t>(
        tensor_size(model.layers[static_cast<std::size_t>(layer)], tensor, options.batch)));
    program->truth().read(layer, tensor, values);
    return values;
  }

  std::vector<Check> checks() {
    return verify(*program, model, options, *find_backend("reference")->oracle(), settings);
  }

  static Check check_of(const std::vector<Check>& all, const std::string& layer, Tensor tensor) {
    for (const Check& check : all)
      if (check.layer == layer && check.tensor == tensor) return check;
    throw std::out_of_range(fmt::format("{} {}", layer, tensor_name(tensor)));
  }

  /// The first check that failed, as "layer tensor"; empty where all passed. Others may fail as well, where
  /// a layer's rule takes what is at fault, or another copy of it is right.
  std::string first_failed() {
    for (const Check& check : checks()) {
      if (check.passed) continue;
      message = check.message;
      return fmt::format("{} {}", check.layer, tensor_name(check.tensor));
    }
    return "";
  }

  Model model = verified_model();
  PrepareOptions options{Pass::forward_backward, 2, 1, 11};
  VerificationOptions settings;
  std::unique_ptr<FaultyProgram> program;
  std::string message;  ///< of the check that first_failed() found
};

}  // namespace cnnbench

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

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

  /// The checks that failed, as "layer tensor".
  std::vector<std::string> failed() {
    std::vector<std::string> list;
    for (const Check& check : checks())
      if (!check.passed) {
        if (list.empty()) message = check.message;
        list.push_back(check.layer + " " + check.tensor);
      }
    return list;
  }

  Model model = verified_model();
  PrepareOptions options{Pass::forward_backward, 2, 1, 11};
  VerificationOptions settings;
  std::unique_ptr<FaultyProgram> program;
  std::string message;  ///< of the first failed check
};

using Names = std::vector<std::string>;

}  // namespace cnnbench

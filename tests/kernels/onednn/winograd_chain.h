#pragma once

#include <string>
#include <vector>

#include "harness/backend/choice.h"
#include "tests/kernels/networks.h"

// A network for the joint with kernels/winograd, and what it runs.
namespace cnnbench {

inline LayerKind same(std::int64_t filters, std::int64_t side = 3) {
  return with(conv(filters, {side, side}, PaddingRule::same), Activation::relu);
}

/// Small, with layers 1, 3, 4 and 6 for kernels/winograd.
inline Network chain() {
  const LayerKind pool = max_pool({2, 2}, {2, 2});
  return {"chain",
          {3, 32, 32},
          {same(64), same(64), pool, same(72), same(64), pool, same(64), Flatten{}, Dense{.units = 10},
           Softmax{}}};
}

inline std::vector<Operation> operations(const Network& network, Pass pass, const std::string& backend) {
  return find_backend(backend)->prepare(network.model(), {pass, 2, 2, 1})->operations();
}

inline bool on_winograd(const Operation& operation) {
  return operation.implementation.starts_with("winograd:");
}

inline std::vector<std::string> implementations(const std::vector<Operation>& all, int layer,
                                                Direction direction) {
  std::vector<std::string> names;
  for (const Operation& operation : all)
    if (operation.layer == layer && operation.direction == direction)
      names.push_back(operation.implementation);
  return names;
}

}  // namespace cnnbench

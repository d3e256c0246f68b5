#pragma once

#include <string>
#include <utility>

#include "harness/config/config.h"
#include "harness/plan.h"

namespace cnnbench {

/// What a call throws as UserError; empty where it throws nothing.
template <typename Call>
std::string user_error(Call call) {
  try {
    call();
    return "";
  } catch (const UserError& error) {
    return error.what();
  }
}

/// A network of one dense layer, in both passes.
inline Config config_of(const std::string& name, std::int64_t units = 3, std::int64_t batch = 8) {
  NetworkConfig network;
  network.file = name + ".yaml";
  network.model = build_model(name, "", {2, 3, 3}, {{"fc", Dense{.units = units}}}, Loss::l2);
  network.batch = batch;
  network.run.passes = {Pass::forward, Pass::forward_backward};
  Config config;
  config.networks.push_back(std::move(network));
  return config;
}

}  // namespace cnnbench

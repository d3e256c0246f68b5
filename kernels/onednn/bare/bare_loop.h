#pragma once

#include <memory>

#include "harness/backend/backend.h"

namespace cnnbench::onednn {

/// What the network view is compared with: the convolutions, pools and dense layers of a model as primitives
/// of their own, each in the layouts that the library likes best, with memory of its own, run one after
/// another. No reorders, no parameters, no loss, no activation backward: as little as anybody who calls the
/// library has to pay. In the forward pass activations are fused, as in the network.
class BareLoop {
 public:
  BareLoop(const Model& model, Pass pass, std::int64_t batch, int threads);
  ~BareLoop();
  void step();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cnnbench::onednn

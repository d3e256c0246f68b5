#include <gtest/gtest.h>

#include "harness/model/layer_rules.h"
#include "tests/kernels/reference/small_layer.h"

namespace cnnbench {
namespace {

/// Whether the reference can compute the gradient of the input from the output's and from these tensors.
bool suffice(const SmallLayer& small, const BackwardReads& reads) {
  LayerData data = small.data();
  if (!reads.input) data.input = {};
  if (!reads.output && fused_activation(small.layer.kind) == Activation::none) data.output = {};
  if (!reads.mask) data.mask = {};
  if (!reads.weights) data.weights = {};
  Evaluated value;
  const std::int64_t first = 0;
  try {
    oracle().evaluate(data, Tensor::input_gradient, {&first, 1}, {&value, 1});
  } catch (const std::invalid_argument&) {
    return false;
  }
  return true;
}

TEST(BackwardReads, AreWhatTheReferenceNeedsAndNoMore) {
  for (const Layer& probe : all_probes()) {
    SCOPED_TRACE(probe.name);
    const SmallLayer small(probe_input, probe.kind);
    const BackwardReads reads = rules_of(probe.kind).backward_reads;
    EXPECT_TRUE(suffice(small, reads));
    for (bool BackwardReads::*one :
         {&BackwardReads::input, &BackwardReads::output, &BackwardReads::mask, &BackwardReads::weights}) {
      if (!(reads.*one)) continue;
      BackwardReads fewer = reads;
      fewer.*one = false;
      EXPECT_FALSE(suffice(small, fewer));
    }
  }
}

}  // namespace
}  // namespace cnnbench

#include "kernels/reference/backend.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/kernels/reference/small_layer.h"

namespace cnnbench {
namespace {

SmallLayer relu() {
  SmallLayer layer({4, 1, 1}, ActivationLayer{Activation::relu});
  layer.input = {-1, 2, -3, 4};
  return layer;
}

void evaluate(const SmallLayer& layer, Tensor tensor, std::int64_t element) {
  Evaluated value;
  oracle().evaluate(layer.data(), tensor, std::span(&element, 1), std::span(&value, 1));
}

TEST(ReferenceBackend, IsNamedAndSupportsEverything) {
  const auto backend = make_reference_backend();

  EXPECT_EQ(backend->name(), "reference");
  EXPECT_FALSE(backend->version().empty());
  EXPECT_EQ(backend->unsupported(relu().layer, Pass::train), "");
}

TEST(Oracle, ComputesTheAskedElementsInTheAskedOrder) {
  const SmallLayer layer = relu();
  const std::vector<std::int64_t> elements{3, 0, 1};
  std::vector<Evaluated> values(3);

  oracle().evaluate(layer.data(), Tensor::output, elements, values);

  EXPECT_EQ(values[0].value, 4);
  EXPECT_EQ(values[1].value, 0);
  EXPECT_EQ(values[2].value, 2);
}

TEST(Oracle, RefusesTensorsThatTheLayerDoesNotHave) {
  for (const Tensor tensor : {Tensor::weights_gradient, Tensor::bias_gradient, Tensor::input, Tensor::mask})
    EXPECT_THROW(evaluate(relu(), tensor, 0), std::invalid_argument);
}

TEST(Oracle, RefusesElementsOutsideTheTensor) {
  EXPECT_NO_THROW(evaluate(relu(), Tensor::output, 3));
  EXPECT_THROW(evaluate(relu(), Tensor::output, 4), std::invalid_argument);
  EXPECT_THROW(evaluate(relu(), Tensor::output, -1), std::invalid_argument);
}

TEST(Oracle, RefusesDataThatIsMissingOrNotWhole) {
  SmallLayer layer = relu();
  layer.input.pop_back();

  EXPECT_THROW(evaluate(layer, Tensor::output, 0), std::invalid_argument);
}

TEST(Oracle, DoesNotAskForTensorsThatTheElementsDoNotDependOn) {
  SmallLayer layer = relu();
  layer.output.clear();
  layer.output_gradient.clear();

  EXPECT_NO_THROW(evaluate(layer, Tensor::output, 0));
}

}  // namespace
}  // namespace cnnbench

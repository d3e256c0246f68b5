#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "harness/backend/initial_values.h"
#include "harness/backend/oracle.h"
#include "harness/backend/random.h"
#include "kernels/reference/backend.h"

namespace cnnbench {

inline const Oracle& oracle() {
  static const std::unique_ptr<Backend> backend = make_reference_backend();
  return *backend->oracle();
}

/// One layer with tensors of its own, small enough to check by hand.
struct SmallLayer {
  ModelLayer layer;
  std::int64_t batch;
  bool training = true;
  std::vector<float> input, output, weights, bias, mask, output_gradient;

  SmallLayer(const Shape& shape, const LayerKind& kind, std::int64_t samples = 1)
      : layer(build_model("one", "", shape, {{"layer", kind}}, Loss::l2, {true}).layers[0]), batch(samples) {
    for (const Tensor tensor : {Tensor::input, Tensor::output, Tensor::weights, Tensor::bias, Tensor::mask,
                                Tensor::output_gradient})
      values(tensor).resize(static_cast<std::size_t>(tensor_size(layer, tensor, batch)));
  }

  std::vector<float>& values(Tensor tensor) {
    switch (tensor) {
      case Tensor::output:
        return output;
      case Tensor::weights:
        return weights;
      case Tensor::bias:
        return bias;
      case Tensor::mask:
        return mask;
      case Tensor::output_gradient:
        return output_gradient;
      default:
        return input;
    }
  }

  LayerData data() const {
    return {&layer, batch, training, input, output, weights, bias, mask, output_gradient};
  }

  /// All elements of a tensor, with their magnitudes.
  std::vector<Evaluated> evaluate_all(Tensor tensor) const {
    std::vector<std::int64_t> elements(static_cast<std::size_t>(tensor_size(layer, tensor, batch)));
    std::iota(elements.begin(), elements.end(), std::int64_t{0});
    std::vector<Evaluated> results(elements.size());
    oracle().evaluate(data(), tensor, elements, results);
    return results;
  }

  std::vector<double> evaluate(Tensor tensor) const {
    std::vector<double> results;
    for (const Evaluated& element : evaluate_all(tensor)) results.push_back(element.value);
    return results;
  }

  std::vector<double> magnitudes(Tensor tensor) const {
    std::vector<double> results;
    for (const Evaluated& element : evaluate_all(tensor)) results.push_back(element.magnitude);
    return results;
  }

  /// Sets `output` to what the layer makes of its input.
  void run_forward() {
    const std::vector<double> results = evaluate(Tensor::output);
    output.assign(results.begin(), results.end());
  }
};

/// 1, 2, 3, …
inline std::vector<float> counting(std::size_t size) {
  std::vector<float> values(size);
  std::iota(values.begin(), values.end(), 1.0f);
  return values;
}

}  // namespace cnnbench

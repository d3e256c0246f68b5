#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "kernels/onednn/best_implementation.h"
#include "kernels/onednn/builder.h"

namespace cnnbench::onednn {

/// What convolution and dense layers share: parameters, layouts, the fused activation and the order of the
/// operations.
class WeightedLayer : public LayerPlan {
 public:
  WeightedLayer(const ModelLayer& layer, Activation activation) : layer_(layer), activation_(activation) {}
  Value forward(Builder& builder, const Value& src) final;
  Value backward(Builder& builder, const Value& diff_dst) final;

 protected:
  const ModelLayer& layer() const { return layer_; }

  /// The source as the primitives take it, and back: the gradient in the dimensions of the source that was
  /// given.
  virtual Value to_primitive(Builder& builder, const Value& src) = 0;
  virtual Value from_primitive(Builder& builder, const Value& diff_src) = 0;

  /// The destination as a 4-D value, and the gradient of it as the primitives take it.
  virtual Value output_value(Builder& builder, const Value& dst) = 0;
  virtual Value gradient_value(Builder& builder, const Value& diff_dst) = 0;

  /// Primitives for the dimensions of the latest source. The first is the library's own choice, with every
  /// layout left to it (unless the variant is of plain layouts); others only where the variant asks for the
  /// best.
  virtual std::vector<Chosen> offers_forward(const Builder& builder, const dnnl::primitive_attr& attr) = 0;
  virtual std::vector<Chosen> offers_backward_data(const Builder& builder) = 0;
  virtual std::vector<Chosen> offers_backward_weights(const Builder& builder) = 0;

  /// Weights in plain order, for the dimensions of the latest source.
  virtual memory::desc plain_weights() const = 0;

 private:
  const ModelLayer& layer_;
  Activation activation_;
  Chosen backward_data_;
  Chosen backward_weights_;
  Value src_;
  Value dst_;  ///< as the layer's output: 4-D
  std::size_t weights_ = 0;
  std::size_t bias_ = 0;
};

/// Adds an activation as an operation of its own, in place.
void add_activation_forward(Builder& builder, Activation activation, const Value& dst);

/// Its gradient, in place of diff_dst. Both gradients of the layer need it; it is charged to the one that
/// always follows it: backward data where there is an `input_gradient`.
void add_activation_backward(Builder& builder, Activation activation, const Value& dst, const Value& diff_dst,
                             bool input_gradient);

/// The eltwise algorithm of an activation; with `from_dst`, the one whose backward pass needs the output
/// alone.
dnnl::algorithm eltwise_algorithm(Activation activation, bool from_dst);

}  // namespace cnnbench::onednn

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/backend/backend.h"
#include "harness/backend/oracle.h"

namespace cnnbench::reference {

/// A network run one layer after the other on plain tensors, each with memory of its own; nothing is done in
/// place. A layer that does nothing (flatten; dropout in inference) has no operation and no tensor: its
/// output is its input.
class ReferenceProgram final : public Program {
 public:
  /// Throws std::runtime_error where the batch is not positive.
  ReferenceProgram(const Model& model, const PrepareOptions& options);

  const std::vector<Operation>& operations() const override { return operations_; }
  void run(std::size_t operation) override;
  void read(int layer, Tensor tensor, std::span<float> plain) override;
  void write(int layer, Tensor tensor, std::span<const float> plain) override;
  double loss() const override { return loss_; }
  std::span<float> parameters() override { return parameters_; }
  std::span<float> gradients() override { return gradients_; }

 private:
  struct LayerState {
    std::size_t input = 0;         ///< index into activations_ and activation_gradients_
    std::size_t output = 0;        ///< the same index as `input` where the layer does nothing
    std::size_t first_weight = 0;  ///< index into parameters_ and gradients_; the biases follow the weights
    std::vector<float> mask;       ///< dropout in training
    std::uint64_t steps = 0;       ///< dropout: masks drawn so far
  };

  bool training() const { return options_.pass != Pass::forward; }
  bool does_nothing(const ModelLayer& layer) const;
  void allocate();
  void fill();
  void list_operations();

  /// The memory of a tensor; empty where there is none.
  std::span<float> find(int layer, Tensor tensor);
  LayerData data_of(int layer);
  void evaluate_all(int layer, Tensor tensor);
  void run_loss(Direction direction);

  Model model_;
  PrepareOptions options_;
  std::vector<Operation> operations_;
  std::vector<LayerState> states_;
  std::vector<std::vector<float>> activations_;           ///< [0] is the network's input
  std::vector<std::vector<float>> activation_gradients_;  ///< in training; empty where not wanted
  std::vector<float> parameters_;
  std::vector<float> gradients_;  ///< in training
  std::vector<std::int32_t> labels_;
  double loss_ = 0;
};

}  // namespace cnnbench::reference

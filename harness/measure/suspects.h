#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/backend/backend.h"

// Which operation of a program may have made a tensor wrong.
namespace cnnbench {

/// A tensor of a layer, as a Check names them.
struct Place {
  std::string layer;             ///< "loss" for the loss
  std::optional<Tensor> tensor;  ///< nothing: the loss itself
};

/// A layer's name by the index that operations have; "loss" for the loss.
std::string layer_name(const Model& model, int layer);

/// The operations that may be at fault, one for each direction and implementation, the likeliest first: those
/// of the direction that computes the tensor, then the others of the backward part (one primitive may compute
/// all gradients), then reorders. None for a tensor that no operation makes: a parameter.
std::vector<std::size_t> suspects(const Program& program, const Model& model, const Place& place);

/// What to do without where this operation is wrong.
Distrusted distrust(const Operation& operation, const Model& model);

/// The implementations of the operations of the same layer and direction.
std::vector<std::string> implementations(const std::vector<Operation>& operations, const Model& model,
                                         const Distrusted& of);

}  // namespace cnnbench

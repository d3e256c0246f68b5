#pragma once

#include <string>
#include <vector>

#include "harness/backend/backend.h"

namespace cnnbench::torch {

/// How activations lie in memory: NCHW; NHWC ("channels_last"); or as oneDNN likes it, in tensors that only
/// some of ATen's functions can read ("mkldnn", opaque).
enum class Layout { plain, channels_last, opaque };

/// One way in which PyTorch's users set up a network for a CPU.
struct Setting {
  std::string name;  ///< "nchw", "channels_last", "packed", "mkldnn"
  Layout layout;
  bool packed;  ///< weights reordered once for oneDNN, ReLU fused where ATen can: inference only
};

/// All settings. nchw: the default. channels_last: as model.to(memory_format=torch.channels_last). packed:
/// the same with weights packed at set-up, as TorchScript's freezing and TorchInductor do. mkldnn: as
/// torch.utils.mkldnn.to_mkldnn(model).
const std::vector<Setting>& settings();

/// Those that can run the pass.
std::vector<Setting> settings_for(Pass pass);

}  // namespace cnnbench::torch

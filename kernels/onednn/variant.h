#pragma once

#include <string>

namespace cnnbench::onednn {

/// How the library is used, other than as a good engineer would: what each of its advantages is worth.
struct Variant {
  std::string name = "onednn";
  bool plain_layout = false;         ///< all activations NCHW in place of the library's choice
  bool fusion = true;                ///< activations inside the primitive before them
  bool best_implementation = false;  ///< all that the library offers, timed at set-up
};

}  // namespace cnnbench::onednn

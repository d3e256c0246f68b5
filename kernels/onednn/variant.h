#pragma once

#include <string>

namespace cnnbench::onednn {

/// Which convolutions go to kernels/winograd in place of the library.
enum class WinogradUse {
  none,
  by_shape,   ///< where its arithmetic promises to be faster
  by_timing,  ///< where it is faster, timed at set-up
  all         ///< that it can compute
};

/// How the library is used, other than as a good engineer would: what each of its advantages is worth. Or
/// what replaces it in places.
struct Variant {
  std::string name = "onednn";
  bool plain_layout = false;         ///< all activations NCHW in place of the library's choice
  bool fusion = true;                ///< activations inside the primitive before them
  bool best_implementation = false;  ///< all that the library offers, timed at set-up
  bool direct = false;               ///< no Winograd of the library's own
  WinogradUse winograd = WinogradUse::none;
};

}  // namespace cnnbench::onednn

#include "harness/backend/backend.h"

namespace cnnbench {

std::string_view to_string(Pass pass) {
  switch (pass) {
    case Pass::forward:
      return "forward";
    case Pass::forward_backward:
      return "forward-backward";
    case Pass::train:
      return "train";
  }
  return "";
}

}  // namespace cnnbench

// In place of libhwy, which Debian has for this machine's own CPU only: that the CPU has all that was
// compiled, as is true of NEON on 64-bit ARM.
#include <hwy/targets.h>

namespace hwy {

int64_t SupportedTargets() {
  return HWY_TARGETS;
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

}  // namespace hwy

#include "kernels/common/dropout.h"

#include <algorithm>

namespace cnnbench::common {

void drop_plain(const DropoutStep& at, std::int64_t count) {
#pragma omp parallel for schedule(static)
  for (std::int64_t first = 0; first < count; first += drawn_at_once) {
    const std::int64_t length = std::min(drawn_at_once, count - first);
    at.draw(at.mask + first, first, length);
    for (std::int64_t i = first; i < first + length; ++i) at.dst[i] = at.src[i] * at.mask[i];
  }
}

void drop_gradient(float* gradient, const float* mask, std::int64_t count) {
#pragma omp parallel for simd schedule(static)
  for (std::int64_t i = 0; i < count; ++i) gradient[i] *= mask[i];
}

}  // namespace cnnbench::common

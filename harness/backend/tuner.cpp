#include "harness/backend/tuner.h"

namespace cnnbench {

std::size_t fastest(const PrepareOptions& options, const std::string& key,
                    std::span<const Candidate> candidates, double swept_bytes) {
  if (options.tuner == nullptr || candidates.size() == 1) return 0;
  const std::string whole =
      key + "; " + std::string(to_string(options.pass)) + ", batch " + std::to_string(options.batch);
  return options.tuner->fastest(whole, candidates, swept_bytes);
}

}  // namespace cnnbench

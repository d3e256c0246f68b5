#include "kernels/onednn/known_faults.h"

#include <oneapi/dnnl/dnnl.hpp>

#include "kernels/onednn/x86_sets.h"

namespace cnnbench::onednn {

const std::vector<KnownFault>& known_faults() {
  static const std::vector<KnownFault> all{
      {3, 7, "jit:uni",
       "reorder jit:uni into AB16b64a and AB16b32a loses elements where the rows do not fill the last block",
       "uxlfoundation/oneDNN issue 3280 is of the same family"}};
  return all;
}

std::vector<KnownFault> known_faults_here() {
  std::vector<KnownFault> here;
  const dnnl::version_t& version = *dnnl::version();
  // Whatever ONEDNN_MAX_CPU_ISA says: it is wrong with AVX2 as well, where somebody asks for the layout.
  if (!x86_sets().avx512f) return here;
  for (const KnownFault& fault : known_faults())
    if (fault.major == version.major && fault.minor == version.minor) here.push_back(fault);
  return here;
}

std::vector<std::string> known_fault_warnings() {
  std::vector<std::string> warnings;
  const dnnl::version_t& version = *dnnl::version();
  for (const KnownFault& fault : known_faults_here())
    warnings.push_back("oneDNN " + std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
                       std::to_string(version.patch) + ": " + fault.what + " (" + fault.reference +
                       "); cnnbench checks each reorder at set-up and takes the next implementation");
  return warnings;
}

}  // namespace cnnbench::onednn

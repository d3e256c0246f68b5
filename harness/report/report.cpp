#include "harness/report/report.h"

namespace cnnbench {

std::vector<ReportedBackend> all_backends(const Report& report) {
  std::vector<ReportedBackend> all;
  for (const NetworkReport& network : report.networks)
    for (const PassReport& pass : network.passes)
      for (const BackendReport& backend : pass.backends) all.push_back({network.model, pass.pass, backend});
  return all;
}

}  // namespace cnnbench

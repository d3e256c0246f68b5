#pragma once

#include <vector>

#include "harness/cluster/placement.h"
#include "harness/config/config.h"
#include "harness/measure/runner.h"
#include "harness/options.h"
#include "harness/report/report.h"

namespace cnnbench {

/// All of the report that is known before anything is measured. Collective; complete on rank 0.
Report begin_report(Cluster& cluster, Clock& clock, const std::vector<Config>& configs,
                    const std::vector<Experiment>& experiments, const Options& options,
                    const Placement& placement, int argc, char** argv);

/// Adds what an experiment with the network of this name, which is one of the report's, found.
void add_findings(Report& report, const std::string& network, const Findings& findings);

}  // namespace cnnbench

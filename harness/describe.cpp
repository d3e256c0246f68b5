#include "harness/describe.h"

#include <iostream>

#include "harness/plan.h"
#include "harness/report/report.h"

namespace cnnbench {

void describe(const std::vector<Config>& configs, const Options& options, int ranks) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  bool first = true;
  for (const Config& config : configs)
    for (const NetworkConfig& network : config.networks) {
      const std::int64_t batch = batch_of(network, options, ranks);
      if (!first && options.format != Format::json) std::cout << '\n';
      first = false;
      switch (options.format) {
        case Format::table:
          describe_table(std::cout, network.model, batch);
          break;
        case Format::csv:
          describe_csv(std::cout, network.model, batch);
          break;
        case Format::json:
          list.push_back(describe_json(network.model, batch));
          break;
      }
    }
  if (options.format != Format::json) return;
  std::cout << (list.size() == 1 ? list[0] : list).dump(2) << '\n';
}

}  // namespace cnnbench

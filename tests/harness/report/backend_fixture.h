#pragma once

#include <string>
#include <vector>

#include "tests/harness/report/report_fixture.h"

namespace cnnbench::testing {

/// Samples whose median is `median`, spread evenly by ± 1 % around it, in no order of time; another one for
/// each stride that has no divisor in common with `n`.
inline std::vector<double> spread_around(double median, int stride, int n = 21) {
  std::vector<double> samples;
  for (int i = 0; i < n; ++i) {
    const int place = (i * stride) % n - n / 2;
    samples.push_back(median * (1 + 0.02 * place / n));
  }
  return samples;
}

inline void give_samples(Record& record, const std::vector<double>& samples) {
  record.samples = samples;
  record.summary = summarize(samples);
}

/// Records of one backend in the layers view and, as their sum, in the network view.
class BackendRecords {
 public:
  BackendRecords(Report& report, const std::string& backend, Pass pass = Pass::forward)
      : backend_(backend_in(pass_in(report, pass), backend)) {}

  BackendRecords& layer(const std::string& layer, double median, Direction direction = Direction::forward,
                        std::int64_t flops = 0) {
    return add(View::layers, layer_record(layer, direction, median, 0, flops, backend_.name + "'s"), median);
  }

  BackendRecords& network(double median) { return add(View::network, network_record(median, 0, 21), median); }

 private:
  BackendRecords& add(View view, Record record, double median) {
    const std::string& name = backend_.name;
    const int stride = name == "onednn" || name == "b" ? 5 : name == "xnnpack" ? 10 : 8;
    give_samples(record, spread_around(median, stride));
    backend_.views[view].records.push_back(record);
    return *this;
  }

  BackendReport& backend_;
};

/// onednn wins conv1, xnnpack wins fc, softmax is too close to call; onednn wins the network.
inline Report three_backends() {
  Report report;
  report.name = "net";
  report.start_time = "2026-11-21T21:57:45Z";
  report.networks = {
      {build_model("net", "made by hand", {1, 8, 8},
                   {{"conv1", conv(64)}, {"fc", Dense{.units = 10}}, {"softmax", Softmax{}}}, Loss::l2),
       32}};
  BackendRecords(report, "gemm:openblas")
      .network(0.030)
      .layer("conv1", 0.020, Direction::forward, 1'000'000'000)
      .layer("fc", 0.008)
      .layer("softmax", 0.001);
  BackendRecords(report, "onednn").network(0.016).layer("conv1", 0.010, Direction::forward, 1'000'000'000);
  BackendRecords(report, "onednn")
      .layer("fc", 0.004)
      .layer("fc", 0.002, Direction::reorder)
      .layer("softmax", 0.001);
  BackendRecords(report, "xnnpack").network(0.020).layer("conv1", 0.016, Direction::forward, 1'000'000'000);
  BackendRecords(report, "xnnpack").layer("fc", 0.003).layer("softmax", 0.001002);
  return report;
}

}  // namespace cnnbench::testing

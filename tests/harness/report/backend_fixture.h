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
  BackendRecords(Report& report, std::string backend, std::string pass = "forward")
      : report_(report), backend_(std::move(backend)), pass_(std::move(pass)) {}

  BackendRecords& layer(const std::string& layer, double median, const std::string& direction = "forward",
                        std::int64_t flops = 0) {
    Record record = layer_record(layer, direction, median, 0, flops, backend_ + "'s");
    record.backend = backend_;
    record.pass = pass_;
    give_samples(record, spread_around(median, stride()));
    report_.records.push_back(record);
    return *this;
  }

  BackendRecords& network(double median) {
    Record record = network_record("net", pass_, median, 0, 21);
    record.backend = backend_;
    give_samples(record, spread_around(median, stride()));
    report_.records.push_back(record);
    return *this;
  }

 private:
  int stride() const { return backend_ == "onednn" || backend_ == "b" ? 5 : backend_ == "xnnpack" ? 10 : 8; }

  Report& report_;
  std::string backend_, pass_;
};

/// onednn wins conv1, xnnpack wins fc, softmax is too close to call; onednn wins the network.
inline Report three_backends() {
  Report report;
  report.name = "net";
  report.start_time = "2026-11-21T21:57:45Z";
  report.models = {
      {build_model("net", "made by hand", {1, 8, 8},
                   {{"conv1", conv(64)}, {"fc", Dense{.units = 10}}, {"softmax", Softmax{}}}, Loss::l2),
       32}};
  report.backend_facts = {{"gemm:openblas", {}}, {"onednn", {}}, {"xnnpack", {}}};
  BackendRecords(report, "gemm:openblas")
      .network(0.030)
      .layer("conv1", 0.020, "forward", 1'000'000'000)
      .layer("fc", 0.008)
      .layer("softmax", 0.001);
  BackendRecords(report, "onednn").network(0.016).layer("conv1", 0.010, "forward", 1'000'000'000);
  BackendRecords(report, "onednn").layer("fc", 0.004).layer("fc", 0.002, "reorder").layer("softmax", 0.001);
  BackendRecords(report, "xnnpack").network(0.020).layer("conv1", 0.016, "forward", 1'000'000'000);
  BackendRecords(report, "xnnpack").layer("fc", 0.003).layer("softmax", 0.001002);
  return report;
}

}  // namespace cnnbench::testing

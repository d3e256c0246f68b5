#pragma once

#include <algorithm>
#include <initializer_list>
#include <sstream>
#include <string>
#include <vector>

#include "harness/measure/statistics.h"
#include "harness/model/cost.h"
#include "harness/report/format.h"
#include "harness/report/report.h"

namespace cnnbench::testing {

/// A summary with mean and sd as given, the median at the mean with an interval of ± sd / 10; nothing
/// computed.
inline Summary hand_made(double mean, std::optional<double> sd, std::int64_t n) {
  Summary summary;
  summary.n = n;
  summary.mean = summary.median = mean;
  summary.sd = sd;
  if (sd && n >= 6) summary.median_interval = Interval{mean - *sd / 10, mean + *sd / 10};
  summary.min = summary.lower_quartile = mean - sd.value_or(0);
  summary.max = summary.upper_quartile = summary.p95 = summary.p99 = mean + sd.value_or(0);
  summary.mad = sd.value_or(0) / 2;
  summary.total = mean * static_cast<double>(n);
  return summary;
}

inline Record network_record(double mean, std::optional<double> sd, std::int64_t n) {
  Record record;
  record.batch = 32;
  record.summary = hand_made(mean, sd, n);
  record.instances = 20;
  return record;
}

inline Record layer_record(const std::string& layer, Direction direction, double mean, double sd,
                           std::int64_t flops, const std::string& implementation) {
  Record record = network_record(mean, sd, 10);
  record.layer = layer;
  record.kind = "conv";
  record.output = Shape{64, 8, 8};
  record.direction = direction;
  record.flops = flops;
  record.implementation = implementation;
  return record;
}

/// A pass of a network of the report; both are added where they are not there yet, the network without
/// layers.
inline PassReport& pass_in(Report& report, Pass pass = Pass::forward, const std::string& network = "net") {
  auto found = std::find_if(report.networks.begin(), report.networks.end(),
                            [&](const NetworkReport& each) { return each.model.name == network; });
  if (found == report.networks.end()) found = report.networks.insert(found, {{}, 32});
  found->model.name = network;
  for (PassReport& one : found->passes)
    if (one.pass == pass) return one;
  return found->passes.emplace_back(PassReport{pass});
}

/// A backend, likewise.
inline BackendReport& backend_in(PassReport& pass, const std::string& name = "onednn") {
  for (BackendReport& backend : pass.backends)
    if (backend.name == name) return backend;
  return pass.backends.emplace_back(BackendReport{name});
}

inline BackendReport& backend_in(Report& report, const std::string& name = "onednn") {
  return backend_in(pass_in(report), name);
}

inline BackendReport& of_vgg16(Report& report, const std::string& name = "onednn") {
  return backend_in(pass_in(report, Pass::forward, "vgg16"), name);
}

/// The records of the layers view of onednn.
inline std::vector<Record>& layers_in(Report& report) {
  return backend_in(report).views[View::layers].records;
}

inline Convolution conv(std::int64_t filters, std::int64_t kernel = 3) {
  return {.filters = filters,
          .kernel = {kernel, kernel},
          .padding_rule = PaddingRule::same,
          .padding = {},
          .activation = Activation::relu};
}

inline Model small_model(const std::string& name = "net") {
  return build_model(name, "made by hand", {1, 8, 8}, {{"conv1", conv(64)}, {"fc", Dense{.units = 10}}},
                     Loss::l2);
}

/// Configuration D of Simonyan & Zisserman 2014.
inline Model vgg16() {
  std::vector<Layer> layers;
  int block = 0;
  for (const auto& [filters, count] :
       std::initializer_list<std::pair<int, int>>{{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}) {
    const std::string number = std::to_string(++block);
    for (int i = 1; i <= count; ++i)
      layers.push_back({"conv" + number + "_" + std::to_string(i), conv(filters)});
    layers.push_back({"pool" + number, Pooling{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}}});
  }
  layers.push_back({"fc6", Dense{.units = 4096, .activation = Activation::relu}});
  layers.push_back({"fc6_drop", Dropout{}});
  layers.push_back({"fc7", Dense{.units = 4096, .activation = Activation::relu}});
  layers.push_back({"fc7_drop", Dropout{}});
  layers.push_back({"fc8", Dense{.units = 1000}});
  layers.push_back({"softmax", Softmax{}});
  return build_model("vgg16", "Simonyan & Zisserman 2014, configuration D", {3, 224, 224}, layers, Loss::l2);
}

/// A report over all layers of a network with made-up times: 300 GFLOP/s, and 10 GB/s where there are no
/// FLOPs.
inline Report full_report(const Model& model, Pass pass, bool reorders) {
  Report report;
  report.name = model.name;
  report.start_time = "2026-11-21T21:57:45Z";
  report.networks.push_back({model, 32});
  BackendReport& backend = backend_in(pass_in(report, pass, model.name));
  double total = 0;
  for (const ModelLayer& layer : model.layers) {
    for (const Direction direction :
         {Direction::forward, Direction::backward_data, Direction::backward_weights}) {
      if (!has_direction(layer, direction) || (pass == Pass::forward && direction != Direction::forward))
        continue;
      const double work = static_cast<double>(flops(layer, direction, 32)) / 300e9;
      const double seconds = work + static_cast<double>(bytes(layer, direction, 32)) / 10e9;
      Record record = layer_record(layer.name, direction, seconds, seconds / 50, flops(layer, direction, 32),
                                   "brgconv_strided:avx512_core_amx");
      record.output = layer.output;
      record.kind = kind_name(layer.kind);
      record.ranks = 2;
      backend.views[View::layers].records.push_back(record);
      total += seconds;
      if (!reorders || layer.name != "fc6") continue;
      record.direction = Direction::reorder;
      record.flops = 0;
      record.implementation = "jit:uni";
      backend.views[View::layers].records.push_back(record);
      reorders = false;
    }
  }
  backend.views[View::network].records.push_back(network_record(total * 1.02, total / 100, 100));
  return report;
}

/// The widest line, in columns of the console.
inline std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

template <typename Print>
std::string printed(Print print) {
  std::ostringstream out;
  print(out);
  return out.str();
}

}  // namespace cnnbench::testing

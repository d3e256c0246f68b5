#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <ostream>

#include "harness/model/cost.h"
#include "harness/report/csv.h"
#include "harness/report/format.h"
#include "harness/report/report.h"
#include "harness/report/table.h"

namespace cnnbench {
namespace {

/// What a layer costs: FLOPs of one image, bytes of a batch (whose parameters are read once, not once an
/// image).
struct Cost {
  std::int64_t weights = 0, biases = 0;
  std::int64_t forward_flops = 0, backward_data_flops = 0, backward_weights_flops = 0;
  std::int64_t forward_bytes = 0, backward_data_bytes = 0, backward_weights_bytes = 0;

  Cost& operator+=(const Cost& other) {
    weights += other.weights;
    biases += other.biases;
    forward_flops += other.forward_flops;
    backward_data_flops += other.backward_data_flops;
    backward_weights_flops += other.backward_weights_flops;
    forward_bytes += other.forward_bytes;
    backward_data_bytes += other.backward_data_bytes;
    backward_weights_bytes += other.backward_weights_bytes;
    return *this;
  }

  /// Of forward over the batch; empty where there are no FLOPs: such layers are judged on their bytes.
  std::optional<double> flop_per_byte(std::int64_t batch) const {
    if (forward_flops == 0 || forward_bytes == 0) return std::nullopt;
    return static_cast<double>(forward_flops) * static_cast<double>(batch) /
           static_cast<double>(forward_bytes);
  }
};

Cost cost_of(const ModelLayer& layer, std::int64_t batch) {
  return {.weights = layer.weights,
          .biases = layer.biases,
          .forward_flops = flops(layer, Direction::forward, 1),
          .backward_data_flops = flops(layer, Direction::backward_data, 1),
          .backward_weights_flops = flops(layer, Direction::backward_weights, 1),
          .forward_bytes = bytes(layer, Direction::forward, batch),
          .backward_data_bytes = bytes(layer, Direction::backward_data, batch),
          .backward_weights_bytes = bytes(layer, Direction::backward_weights, batch)};
}

Cost total_cost(const Model& model, std::int64_t batch) {
  Cost total;
  for (const ModelLayer& layer : model.layers) total += cost_of(layer, batch);
  return total;
}

nlohmann::ordered_json cost_json(const Cost& cost, std::int64_t batch) {
  const std::optional<double> intensity = cost.flop_per_byte(batch);
  return {
      {"weights", cost.weights},
      {"biases", cost.biases},
      {"forward_flops_per_image", cost.forward_flops},
      {"backward_data_flops_per_image", cost.backward_data_flops},
      {"backward_weights_flops_per_image", cost.backward_weights_flops},
      {"batch", batch},
      {"forward_bytes", cost.forward_bytes},
      {"backward_data_bytes", cost.backward_data_bytes},
      {"backward_weights_bytes", cost.backward_weights_bytes},
      {"flop_per_byte", intensity ? nlohmann::ordered_json(*intensity) : nlohmann::ordered_json(nullptr)}};
}

}  // namespace

void describe_table(std::ostream& out, const Model& model, std::int64_t batch) {
  std::vector<std::string> names, kinds, outputs, fields, weights, biases, flop_counts, byte_counts,
      intensities;
  const auto add_cost = [&](const Cost& cost) {
    weights.push_back(grouped(cost.weights));
    biases.push_back(grouped(cost.biases));
    flop_counts.push_back(grouped(cost.forward_flops));
    byte_counts.push_back(grouped(cost.forward_bytes));
    const std::optional<double> intensity = cost.flop_per_byte(batch);
    intensities.push_back(intensity ? fmt::format("{:.1f}", *intensity) : "-");
  };
  for (const ModelLayer& layer : model.layers) {
    names.push_back(layer.name);
    kinds.emplace_back(kind_name(layer.kind));
    outputs.push_back(to_string(layer.output));
    fields.push_back(to_string(layer.receptive_field));
    add_cost(cost_of(layer, batch));
  }
  const Cost total = total_cost(model, batch);
  names.emplace_back("total");
  for (auto* column : {&kinds, &outputs, &fields}) column->emplace_back();
  add_cost(total);

  print_wrapped(out,
                model.name + (model.source.empty() ? "" : ": " + model.source) +
                    fmt::format("; input {}, batch {}", to_string(model.input), grouped(batch)),
                "  ", "");
  Table table;
  table.add_column("layer", "", Align::left, std::move(names), 5);
  table.add_column("kind", "", Align::left, std::move(kinds), 6);
  table.add_column("output", "", Align::right, std::move(outputs));
  table.add_column("field", "", Align::right, std::move(fields));
  table.add_column("weights", "", Align::right, std::move(weights));
  table.add_column("biases", "", Align::right, std::move(biases));
  table.add_column("FLOPs", "an image", Align::right, std::move(flop_counts));
  table.add_column("bytes", "a batch", Align::right, std::move(byte_counts));
  table.add_column("FLOP", "/byte", Align::right, std::move(intensities));
  table.set_total(true);
  table.print(out);
  const std::int64_t backward = total.backward_data_flops + total.backward_weights_flops;
  print_wrapped(out,
                fmt::format("{} parameters ({} MiB); forward {} FLOPs an image, backward {}.",
                            grouped(model.parameters()),
                            short_number(static_cast<double>(model.parameters()) * 4 / 1048576),
                            grouped(total.forward_flops), grouped(backward)),
                "", "");
  print_wrapped(
      out,
      "The table is of forward. field: receptive field in pixels. FLOPs: 2 per multiply-add of "
      "convolutions and dense layers, padded taps too. bytes: inputs and parameters read once, outputs "
      "written once, f32.",
      "", "");
}

void describe_csv(std::ostream& out, const Model& model, std::int64_t batch) {
  out << "layer,kind,output,receptive_field,weights,biases,forward_flops_per_image,backward_data_flops_per_"
         "image,"
         "backward_weights_flops_per_image,batch,forward_bytes,backward_data_bytes,backward_weights_bytes,"
         "flop_per_byte\n";
  for (const ModelLayer& layer : model.layers) {
    const Cost cost = cost_of(layer, batch);
    out << csv_row({layer.name, std::string(kind_name(layer.kind)), to_string(layer.output),
                    to_string(layer.receptive_field), std::to_string(cost.weights),
                    std::to_string(cost.biases), std::to_string(cost.forward_flops),
                    std::to_string(cost.backward_data_flops), std::to_string(cost.backward_weights_flops),
                    std::to_string(batch), std::to_string(cost.forward_bytes),
                    std::to_string(cost.backward_data_bytes), std::to_string(cost.backward_weights_bytes),
                    csv_number(cost.flop_per_byte(batch))});
  }
}

nlohmann::ordered_json describe_json(const Model& model, std::int64_t batch) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const ModelLayer& layer : model.layers) {
    nlohmann::ordered_json row = {{"layer", layer.name},
                                  {"kind", kind_name(layer.kind)},
                                  {"output", to_string(layer.output)},
                                  {"receptive_field", to_string(layer.receptive_field)}};
    row.update(cost_json(cost_of(layer, batch), batch));
    layers.push_back(std::move(row));
  }
  return {{"name", model.name},
          {"source", model.source},
          {"input", to_string(model.input)},
          {"loss", to_string(model.loss)},
          {"batch", batch},
          {"parameters", model.parameters()},
          {"layers", std::move(layers)},
          {"total", cost_json(total_cost(model, batch), batch)}};
}

}  // namespace cnnbench

#include "harness/measure/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "harness/backend/initial_values.h"
#include "harness/measure/layer_walk.h"

namespace cnnbench {
namespace {

std::string_view tensor_name(Tensor tensor) {
  switch (tensor) {
    case Tensor::output:
      return "output";
    case Tensor::input_gradient:
      return "input_gradient";
    case Tensor::weights_gradient:
      return "weights_gradient";
    case Tensor::bias_gradient:
      return "bias_gradient";
    default:
      return "";
  }
}

/// One element in every one of `count` equal parts of [0, size), at a place drawn from the seed.
std::vector<std::int64_t> sample(std::int64_t size, std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> elements(static_cast<std::size_t>(count));
  std::mt19937_64 generator(seed);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto first = static_cast<std::int64_t>(static_cast<__int128>(size) * i / count);
    const auto next = static_cast<std::int64_t>(static_cast<__int128>(size) * (i + 1) / count);
    elements[static_cast<std::size_t>(i)] =
        first + static_cast<std::int64_t>(generator() % static_cast<std::uint64_t>(next - first));
  }
  return elements;
}

/// Keeps the largest error of a set of comparisons, and where it was.
class Comparison {
 public:
  Comparison(Check& check) : check_(check) { check_.passed = true; }

  void compare(std::int64_t element, double found, double expected, double magnitude) {
    // Below this an f32 result may be denormal or zero, whatever the algorithm.
    constexpr double smallest = 1e-30;
    const double error = std::abs(found - expected) / std::max(magnitude, smallest);
    ++check_.checked;
    if (!(error <= check_.tolerance)) check_.passed = false;  // also for NaN, which no later error replaces
    if (error <= check_.max_error || std::isnan(check_.max_error)) return;
    check_.max_error = error;
    if (!check_.passed)
      check_.message = fmt::format("element {}: found {:.9g}, expected {:.9g}", element, found, expected);
  }

 private:
  Check& check_;
};

/// Plain copies of what the program holds for one layer.
struct Tensors {
  std::vector<float> input;
  std::vector<float> output;
  std::vector<float> weights;
  std::vector<float> bias;
  std::vector<float> mask;
  std::vector<float> output_gradient;
};

class Verifier {
 public:
  Verifier(Program& program, const Model& model, const PrepareOptions& options, const Oracle& oracle,
           const VerificationOptions& settings)
      : program_(program),
        model_(model),
        options_(options),
        oracle_(oracle),
        settings_(settings),
        went_back_(model.layers.size()) {}

  std::vector<Check> run() {
    LayerVisitor visitor;
    visitor.before = [this](int layer, bool backward) {
      backward ? before_backward(layer) : before_forward(layer);
    };
    visitor.after = [this](int layer, bool backward) {
      backward ? after_backward(layer) : after_forward(layer);
    };
    visitor.after_loss = [this] { check_loss(); };
    walk_layers(program_, model_, visitor);
    if (training()) check_that_all_went_back();
    return std::move(checks_);
  }

 private:
  std::vector<float> read(int layer, Tensor tensor) {
    std::vector<float> plain(static_cast<std::size_t>(
        tensor_size(model_.layers[static_cast<std::size_t>(layer)], tensor, options_.batch)));
    program_.read(layer, tensor, plain);
    return plain;
  }

  void before_forward(int index) {
    tensors_ = {};
    tensors_.input = read(index, Tensor::input);
    if (index == 0) latest_ = images();
    check_same(layer_at(index), "input", tensors_.input, latest_);
    check_parameters(index);
  }

  /// What the first layer must get.
  std::vector<float> images() const {
    if (!settings_.images.empty()) return {settings_.images.begin(), settings_.images.end()};
    std::vector<float> plain(static_cast<std::size_t>(options_.batch * model_.input.size()));
    initial_input(model_, options_.batch, options_.seed, plain);
    return plain;
  }

  void check_parameters(int index) {
    if (!settings_.parameters_from_seed) return;
    const ModelLayer& layer = layer_at(index);
    if (layer.weights > 0) {
      std::vector<float> expected(static_cast<std::size_t>(layer.weights));
      initial_weights(model_, index, options_.seed, expected);
      check_same(layer, "weights", read(index, Tensor::weights), expected);
    }
    if (layer.biases > 0) {
      std::vector<float> expected(static_cast<std::size_t>(layer.biases));
      initial_bias(model_, index, options_.seed, expected);
      check_same(layer, "bias", read(index, Tensor::bias), expected);
    }
  }

  /// Two copies of one tensor: equal to the bit.
  void check_same(const ModelLayer& layer, const std::string& tensor, const std::vector<float>& found,
                  const std::vector<float>& expected) {
    Check& check = new_check(layer.name, tensor, static_cast<std::int64_t>(found.size()));
    check.tolerance = 0;
    check.checked = check.elements;
    const auto [a, b] = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
    check.passed = a == found.end() && b == expected.end();
    if (check.passed) return;
    check.max_error = std::numeric_limits<double>::infinity();
    check.message =
        a == found.end() || b == expected.end()
            ? fmt::format("{} elements, expected {}", found.size(), expected.size())
            : fmt::format("element {}: found {:.9g}, expected exactly {:.9g}", a - found.begin(), *a, *b);
  }

  const ModelLayer& layer_at(int index) const { return model_.layers[static_cast<std::size_t>(index)]; }

  void after_forward(int index) {
    const ModelLayer& layer = model_.layers[static_cast<std::size_t>(index)];
    read_parameters(index, layer);
    if (const auto* dropout = std::get_if<Dropout>(&layer.kind); dropout != nullptr && training())
      check_mask(layer, dropout->keep);
    latest_ = read(index, Tensor::output);
    compare(layer, Tensor::output, latest_);
  }

  void before_backward(int index) {
    const ModelLayer& layer = model_.layers[static_cast<std::size_t>(index)];
    went_back_[static_cast<std::size_t>(index)] = true;
    tensors_ = {};
    tensors_.output_gradient = read(index, Tensor::output_gradient);
    check_same(layer, "output_gradient", tensors_.output_gradient, latest_);
    const bool from_output =
        std::holds_alternative<ActivationLayer>(layer.kind) || std::holds_alternative<Softmax>(layer.kind);
    if (from_output || fused_activation(layer.kind) != Activation::none)
      tensors_.output = read(index, Tensor::output);
    if (!from_output) tensors_.input = read(index, Tensor::input);
    read_parameters(index, layer);
  }

  void after_backward(int index) {
    const ModelLayer& layer = model_.layers[static_cast<std::size_t>(index)];
    if (has_direction(layer, Direction::backward_data)) {
      latest_ = read(index, Tensor::input_gradient);
      compare(layer, Tensor::input_gradient, latest_);
    }
    if (!has_direction(layer, Direction::backward_weights)) return;
    if (layer.weights > 0) compare(layer, Tensor::weights_gradient, read(index, Tensor::weights_gradient));
    if (layer.biases > 0) compare(layer, Tensor::bias_gradient, read(index, Tensor::bias_gradient));
  }

  /// A layer without operations is not walked through: gradients that nothing computes must not pass unseen.
  void check_that_all_went_back() {
    for (std::size_t i = 0; i < model_.layers.size(); ++i) {
      const ModelLayer& layer = model_.layers[i];
      if (!layer.backward || went_back_[i] || std::holds_alternative<Flatten>(layer.kind)) continue;
      const bool weights = has_direction(layer, Direction::backward_weights);
      const Tensor tensor = weights ? Tensor::weights_gradient : Tensor::input_gradient;
      new_check(layer.name, std::string(tensor_name(tensor)), tensor_size(layer, tensor, options_.batch))
          .message = "no operation computes it";
    }
  }

  void read_parameters(int index, const ModelLayer& layer) {
    if (layer.weights > 0) tensors_.weights = read(index, Tensor::weights);
    if (layer.biases > 0) tensors_.bias = read(index, Tensor::bias);
    if (std::holds_alternative<Dropout>(layer.kind) && training()) tensors_.mask = read(index, Tensor::mask);
  }

  LayerData data(const ModelLayer& layer) const {
    return {&layer,           options_.batch, training(),    tensors_.input,          tensors_.output,
            tensors_.weights, tensors_.bias,  tensors_.mask, tensors_.output_gradient};
  }

  bool training() const { return options_.pass != Pass::forward; }

  /// Multiply-adds behind one element of a tensor, roughly.
  std::int64_t terms(const ModelLayer& layer, Tensor tensor) const {
    if (tensor == Tensor::weights_gradient || tensor == Tensor::bias_gradient)
      return options_.batch * layer.output.height * layer.output.width;
    if (const auto* pool = std::get_if<Pooling>(&layer.kind)) return pool->kernel.height * pool->kernel.width;
    if (std::holds_alternative<Softmax>(layer.kind)) return layer.input.channels;
    const std::int64_t elements = tensor == Tensor::output ? layer.output.size() : layer.input.size();
    return std::max<std::int64_t>(flops(layer, Direction::forward, 1) / 2 / elements, 1);
  }

  void compare(const ModelLayer& layer, Tensor tensor, const std::vector<float>& found) {
    Check& check =
        new_check(layer.name, std::string(tensor_name(tensor)), static_cast<std::int64_t>(found.size()));
    const std::int64_t affordable = settings_.budget / std::max<std::int64_t>(terms(layer, tensor), 1);
    std::int64_t count = check.elements;
    if (count > affordable)
      count = std::min(count, std::clamp<std::int64_t>(affordable, 64, settings_.most_elements));
    const std::vector<std::int64_t> elements = sample(check.elements, count, options_.seed);
    std::vector<Evaluated> expected(elements.size());
    oracle_.evaluate(data(layer), tensor, elements, expected);
    // Fast algorithms mix neighbouring elements: their errors are bounded by the norm of the tensor, not by
    // each element's own terms (Higham 2002, §23.2.2), which may all be zero behind a ReLU.
    double typical = 0;
    for (const Evaluated& one : expected) typical += one.magnitude / static_cast<double>(expected.size());
    Comparison comparison(check);
    for (std::size_t i = 0; i < elements.size(); ++i)
      comparison.compare(elements[i], static_cast<double>(found[static_cast<std::size_t>(elements[i])]),
                         expected[i].value, std::max(expected[i].magnitude, typical));
  }

  /// A mask holds 0 and 1/keep, and about as many of each as it should: within six standard deviations.
  void check_mask(const ModelLayer& layer, double keep) {
    Check& check = new_check(layer.name, "mask", static_cast<std::int64_t>(tensors_.mask.size()));
    Comparison comparison(check);
    std::int64_t kept = 0;
    for (std::size_t i = 0; i < tensors_.mask.size(); ++i) {
      const auto factor = static_cast<double>(tensors_.mask[i]);
      if (factor != 0) ++kept;
      comparison.compare(static_cast<std::int64_t>(i), factor, factor == 0 ? 0 : 1 / keep, 1 / keep);
    }
    const auto elements = static_cast<double>(check.elements);
    const double off = std::abs(static_cast<double>(kept) - keep * elements);
    if (off <= 6 * std::sqrt(keep * (1 - keep) * elements) + 0.5) return;
    check.passed = false;
    check.message = fmt::format("{} of {} elements are kept, with a keep of {}", kept, check.elements, keep);
  }

  /// The loss and its gradient, from the values that it was taken of.
  void check_loss() {
    const int last = model_.loss_layer();
    const std::vector<float> logits = last >= 0 ? read(last, Tensor::output) : read(0, Tensor::input);
    const std::vector<std::int32_t> labels = initial_labels(model_, options_.batch, options_.seed);
    std::vector<float> gradient(logits.size());
    const double expected = oracle_.loss(model_.loss, options_.batch, logits, labels, gradient);
    Check& loss = new_check("loss", "loss", 1);
    Comparison(loss).compare(0, program_.loss(), expected, std::max(std::abs(expected), 1e-6));

    if (last < 0 || !model_.layers[static_cast<std::size_t>(last)].backward) return;
    latest_ = read(last, Tensor::output_gradient);
    const std::vector<float>& found = latest_;
    Check& check = new_check("loss", "input_gradient", static_cast<std::int64_t>(found.size()));
    Comparison comparison(check);
    // Cross-entropy subtracts 1 from a probability: errors are relative to that 1.
    const double scale = model_.loss == Loss::cross_entropy ? 1.0 / static_cast<double>(options_.batch) : 0.0;
    for (std::size_t i = 0; i < found.size(); ++i)
      comparison.compare(static_cast<std::int64_t>(i), static_cast<double>(found[i]),
                         static_cast<double>(gradient[i]),
                         std::max(scale, std::abs(static_cast<double>(gradient[i]))));
  }

  Check& new_check(const std::string& layer, const std::string& tensor, std::int64_t elements) {
    Check check;
    check.layer = layer;
    check.tensor = tensor;
    check.elements = elements;
    check.tolerance = settings_.tolerance;
    checks_.push_back(std::move(check));
    return checks_.back();
  }

  Program& program_;
  const Model& model_;
  const PrepareOptions& options_;
  const Oracle& oracle_;
  const VerificationOptions& settings_;
  std::vector<bool> went_back_;  ///< a layer
  std::vector<float> latest_;  ///< what the layer before produced; in the backward part, the latest gradient
  Tensors tensors_;            ///< of the layer at hand
  std::vector<Check> checks_;
};

}  // namespace

std::vector<Check> verify(Program& program, const Model& model, const PrepareOptions& options,
                          const Oracle& oracle, const VerificationOptions& settings) {
  return Verifier(program, model, options, oracle, settings).run();
}

double verification_bytes(const Model& model, bool training, std::int64_t batch,
                          const VerificationOptions& settings) {
  // Beside the plain tensors of a layer: the latest one kept for comparison, a second copy of its weights,
  // and an index and a value for each element that is checked.
  constexpr double checked = sizeof(std::int64_t) + sizeof(Evaluated);
  double most = 0;
  for (const ModelLayer& layer : model.layers) {
    const double input = static_cast<double>(batch) * static_cast<double>(layer.input.size());
    const double output = static_cast<double>(batch) * static_cast<double>(layer.output.size());
    const double parameters = static_cast<double>(layer.parameters());
    const double plain = (input + output) * (training ? 2 : 1) + std::max(input, output) + parameters * 2;
    const double elements =
        std::min(std::max({input, output, parameters}), static_cast<double>(settings.budget));
    most = std::max(most, plain * 4 + elements * checked);
  }
  return most;
}

}  // namespace cnnbench

#include "harness/measure/verification.h"

#include <algorithm>

#include "harness/backend/initial_values.h"
#include "harness/measure/layer_walk.h"
#include "harness/measure/tensor_checks.h"
#include "harness/model/cost.h"
#include "harness/model/layer_rules.h"

namespace cnnbench {
namespace {

/// Plain copies of what the program holds for one layer.
struct Tensors {
  std::vector<float> input;
  std::vector<float> output;
  std::vector<float> weights;
  std::vector<float> bias;
  std::vector<float> mask;
  std::vector<float> output_gradient;
};

/// Memory of activations and their gradients that are not needed any more, for the next ones: the kernel
/// takes longer to clear new pages than it takes to compare what is read into them.
class SparePlain {
 public:
  std::vector<float> take(std::int64_t elements) {
    const auto size = static_cast<std::size_t>(elements);
    std::vector<float> plain;
    auto best = spare_.end();
    for (auto one = spare_.begin(); one != spare_.end(); ++one)
      if (one->capacity() >= size && (best == spare_.end() || one->capacity() < best->capacity())) best = one;
    if (best != spare_.end()) {
      plain = std::move(*best);
      spare_.erase(best);
    } else if (!spare_.empty()) {
      spare_.pop_back();  // too small: what replaces it is larger
    }
    plain.resize(size);
    return plain;
  }

  void give_back(std::vector<float>& plain) {
    if (plain.capacity() > 0) spare_.push_back(std::move(plain));
    plain = {};
  }

 private:
  std::vector<std::vector<float>> spare_;
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
        went_back_(model.layers.size()),
        checks_(settings, options.threads) {}

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
    return checks_.take();
  }

 private:
  std::vector<float> read(int layer, Tensor tensor) {
    const std::int64_t size = tensor_size(layer_at(layer), tensor, options_.batch);
    const bool weights = tensor == Tensor::weights || tensor == Tensor::weights_gradient;
    std::vector<float> plain =
        weights ? std::vector<float>(static_cast<std::size_t>(size)) : spare_.take(size);
    program_.read(layer, tensor, plain);
    return plain;
  }

  void forget_tensors() {
    tensors_.weights = {};
    for (std::vector<float>* tensor :
         {&tensors_.input, &tensors_.output, &tensors_.bias, &tensors_.mask, &tensors_.output_gradient})
      spare_.give_back(*tensor);
  }

  void set_latest(std::vector<float> tensor) {
    spare_.give_back(latest_);
    latest_ = std::move(tensor);
  }

  void before_forward(int index) {
    forget_tensors();
    tensors_.input = read(index, Tensor::input);
    if (index == 0) set_latest(images());
    checks_.expect_same(layer_at(index).name, Tensor::input, tensors_.input, latest_);
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
      checks_.expect_same(layer.name, Tensor::weights, read(index, Tensor::weights), expected);
    }
    if (layer.biases > 0) {
      std::vector<float> expected(static_cast<std::size_t>(layer.biases));
      initial_bias(model_, index, options_.seed, expected);
      checks_.expect_same(layer.name, Tensor::bias, read(index, Tensor::bias), expected);
    }
  }

  const ModelLayer& layer_at(int index) const { return model_.layers[static_cast<std::size_t>(index)]; }

  void after_forward(int index) {
    const ModelLayer& layer = layer_at(index);
    read_parameters(index, layer);
    if (const std::optional<double> keep = rules_of(layer.kind).traits.keep; keep && training())
      checks_.expect_mask(layer.name, tensors_.mask, *keep);
    set_latest(read(index, Tensor::output));
    compare(index, Tensor::output, latest_);
  }

  void before_backward(int index) {
    const ModelLayer& layer = layer_at(index);
    went_back_[static_cast<std::size_t>(index)] = true;
    forget_tensors();
    tensors_.output_gradient = read(index, Tensor::output_gradient);
    checks_.expect_same(layer.name, Tensor::output_gradient, tensors_.output_gradient, latest_);
    const bool from_output = rules_of(layer.kind).backward_reads.output;
    if (from_output || fused_activation(layer.kind) != Activation::none)
      tensors_.output = read(index, Tensor::output);
    if (!from_output) tensors_.input = read(index, Tensor::input);
    read_parameters(index, layer);
  }

  void after_backward(int index) {
    const ModelLayer& layer = layer_at(index);
    if (has_direction(layer, Direction::backward_data)) {
      set_latest(read(index, Tensor::input_gradient));
      compare(index, Tensor::input_gradient, latest_);
    }
    if (!has_direction(layer, Direction::backward_weights)) return;
    if (layer.weights > 0) compare(index, Tensor::weights_gradient, read(index, Tensor::weights_gradient));
    if (layer.biases > 0) compare(index, Tensor::bias_gradient, read(index, Tensor::bias_gradient));
  }

  /// A layer without operations is not walked through: gradients that nothing computes must not pass unseen.
  void check_that_all_went_back() {
    for (std::size_t i = 0; i < model_.layers.size(); ++i) {
      const ModelLayer& layer = model_.layers[i];
      if (!layer.backward || went_back_[i] || rules_of(layer.kind).traits.free) continue;
      const bool weights = has_direction(layer, Direction::backward_weights);
      const Tensor tensor = weights ? Tensor::weights_gradient : Tensor::input_gradient;
      checks_.add(layer.name, tensor, tensor_size(layer, tensor, options_.batch)).message =
          "no operation computes it";
    }
  }

  void read_parameters(int index, const ModelLayer& layer) {
    if (layer.weights > 0) tensors_.weights = read(index, Tensor::weights);
    if (layer.biases > 0) tensors_.bias = read(index, Tensor::bias);
    if (rules_of(layer.kind).traits.keep && training()) tensors_.mask = read(index, Tensor::mask);
  }

  LayerData data(const ModelLayer& layer) const {
    return {&layer,           options_.batch, training(),    tensors_.input,          tensors_.output,
            tensors_.weights, tensors_.bias,  tensors_.mask, tensors_.output_gradient};
  }

  /// The largest of the operations that computed a tensor of the layer.
  double error_growth(int index, Tensor tensor) const {
    const Direction direction = tensor == Tensor::output           ? Direction::forward
                                : tensor == Tensor::input_gradient ? Direction::backward_data
                                                                   : Direction::backward_weights;
    double growth = 1;
    for (const Operation& operation : program_.operations())
      if (operation.layer == index && operation.direction == direction)
        growth = std::max(growth, operation.error_growth);
    return growth;
  }

  bool training() const { return options_.pass != Pass::forward; }

  void compare(int index, Tensor tensor, const std::vector<float>& found) {
    checks_.expect_oracle(oracle_, data(layer_at(index)), tensor, found, error_growth(index, tensor),
                          options_.seed);
  }

  /// The loss and its gradient, from the values that it was taken of.
  void check_loss() {
    const int last = model_.loss_layer();
    const std::vector<float> logits = last >= 0 ? read(last, Tensor::output) : read(0, Tensor::input);
    const std::vector<std::int32_t> labels = initial_labels(model_, options_.batch, options_.seed);
    std::vector<float> gradient(logits.size());
    const double expected = oracle_.loss(model_.loss, options_.batch, logits, labels, gradient);
    // Cross-entropy: a softmax in f32 and the sum over its classes. l2: a sum over all logits; its gradient
    // is a copy.
    const bool l2 = model_.loss == Loss::l2;
    const auto elements = static_cast<double>(logits.size());
    const double roundings =
        l2 ? elements : function_roundings + elements / static_cast<double>(options_.batch);
    checks_.expect_loss(program_.loss(), expected, roundings);

    if (last < 0 || !model_.layers[static_cast<std::size_t>(last)].backward) return;
    set_latest(read(last, Tensor::output_gradient));
    // Cross-entropy subtracts 1 from a probability: errors are relative to that 1.
    const double scale = model_.loss == Loss::cross_entropy ? 1.0 / static_cast<double>(options_.batch) : 0.0;
    checks_.expect_close("loss", Tensor::input_gradient, latest_, gradient, scale, l2 ? 0 : roundings);
  }

  Program& program_;
  const Model& model_;
  const PrepareOptions& options_;
  const Oracle& oracle_;
  const VerificationOptions& settings_;
  std::vector<bool> went_back_;  ///< a layer
  std::vector<float> latest_;  ///< what the layer before produced; in the backward part, the latest gradient
  Tensors tensors_;            ///< of the layer at hand
  SparePlain spare_;
  TensorChecks checks_;
};

}  // namespace

std::vector<Check> verify(Program& program, const Model& model, const PrepareOptions& options,
                          const Oracle& oracle, const VerificationOptions& settings) {
  return Verifier(program, model, options, oracle, settings).run();
}

namespace {

/// The most elements of one of the layer's tensors that are compared: all where the budget of multiply-adds
/// pays for them, else a sample.
double checked_elements(const ModelLayer& layer, bool training, std::int64_t batch,
                        const VerificationOptions& settings) {
  const double products = static_cast<double>(flops(layer, Direction::forward, batch)) / 2;
  const auto of = [&](std::int64_t size) {
    const double elements = static_cast<double>(size);
    const bool all = std::max(products, elements) <= static_cast<double>(settings.budget);
    return all ? elements : std::min(elements, static_cast<double>(settings.most_elements));
  };
  const double output = of(batch * layer.output.size());
  return training ? std::max({output, of(batch * layer.input.size()), of(layer.weights)}) : output;
}

}  // namespace

double verification_bytes(const Model& model, bool training, std::int64_t batch,
                          const VerificationOptions& settings) {
  // Of one layer at a time: its plain tensors, the latest one kept for comparison, a second copy of its
  // weights, and an index and a value for each element that is checked. Beside that, what the allocator keeps
  // of blocks below its limit for giving memory back (32 MiB in glibc): two of these and some smaller ones.
  constexpr double checked = sizeof(std::int64_t) + sizeof(Evaluated);
  constexpr double kept = 72.0 * (1 << 20);
  double most = 0;
  for (const ModelLayer& layer : model.layers) {
    const double input = static_cast<double>(batch) * static_cast<double>(layer.input.size());
    const double output = static_cast<double>(batch) * static_cast<double>(layer.output.size());
    const double plain = (input + output) * (training ? 2 : 1) + std::max(input, output) +
                         static_cast<double>(layer.parameters()) * 2;
    most =
        std::max(most, plain * sizeof(float) + checked_elements(layer, training, batch, settings) * checked);
  }
  return most + kept;
}

}  // namespace cnnbench

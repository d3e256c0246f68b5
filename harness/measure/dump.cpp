#include "harness/measure/dump.h"

#include <string>
#include <vector>

#include "harness/backend/initial_values.h"
#include "harness/measure/layer_walk.h"
#include "harness/measure/npy.h"
#include "harness/model/layer_rules.h"

namespace cnnbench {
namespace {

class Dumper {
 public:
  Dumper(Program& program, const Model& model, const PrepareOptions& options,
         const std::filesystem::path& folder)
      : program_(program), model_(model), options_(options), folder_(folder) {}

  void run() {
    std::filesystem::create_directories(folder_);
    write("input", 0, Tensor::input, image_shape(model_.input));
    LayerVisitor visitor;
    visitor.after = [this](int layer, bool backward) {
      backward ? after_backward(layer) : after_forward(layer);
    };
    visitor.after_loss = [this] { after_loss(); };
    walk_layers(program_, model_, visitor);
  }

 private:
  void after_forward(int index) {
    const ModelLayer& layer = layer_at(index);
    if (layer.weights > 0) write(layer.name + ".weights", index, Tensor::weights, weights_shape(layer));
    if (layer.biases > 0) write(layer.name + ".bias", index, Tensor::bias, {layer.biases});
    write(layer.name + ".output", index, Tensor::output, image_shape(layer.output));
    if (rules_of(layer.kind).traits.keep && options_.pass != Pass::forward)
      write(layer.name + ".mask", index, Tensor::mask, image_shape(layer.output));
  }

  void after_loss() {
    const float loss[] = {static_cast<float>(program_.loss())};
    write_npy(folder_ / "loss.npy", std::span<const float>(loss), {});
    write_npy(folder_ / "labels.npy", initial_labels(model_, options_.batch, options_.seed),
              {options_.batch});
  }

  void after_backward(int index) {
    const ModelLayer& layer = layer_at(index);
    if (layer.weights > 0)
      write(layer.name + ".weights_gradient", index, Tensor::weights_gradient, weights_shape(layer));
    if (layer.biases > 0) write(layer.name + ".bias_gradient", index, Tensor::bias_gradient, {layer.biases});
  }

  void write(const std::string& name, int index, Tensor tensor, const std::vector<std::int64_t>& shape) {
    std::vector<float> plain(static_cast<std::size_t>(tensor_size(layer_at(index), tensor, options_.batch)));
    program_.read(index, tensor, plain);
    write_npy(folder_ / (name + ".npy"), plain, shape);
  }

  const ModelLayer& layer_at(int index) const { return model_.layers[static_cast<std::size_t>(index)]; }

  std::vector<std::int64_t> image_shape(const Shape& shape) const {
    return {options_.batch, shape.channels, shape.height, shape.width};
  }

  static std::vector<std::int64_t> weights_shape(const ModelLayer& layer) {
    const Parameters parameters = sizes_of(layer).parameters;
    std::vector<std::int64_t> shape(parameters.weights.begin(), parameters.weights.end());
    for (; shape.size() > static_cast<std::size_t>(parameters.dimensions); shape.pop_back())
      shape[shape.size() - 2] *= shape.back();
    return shape;
  }

  Program& program_;
  const Model& model_;
  const PrepareOptions& options_;
  const std::filesystem::path& folder_;
};

}  // namespace

void dump_step(Program& program, const Model& model, const PrepareOptions& options,
               const std::filesystem::path& folder) {
  Dumper(program, model, options, folder).run();
}

}  // namespace cnnbench

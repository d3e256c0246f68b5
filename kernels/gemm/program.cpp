#include "kernels/gemm/program.h"

#include <omp.h>

#include "kernels/common/built_program.h"
#include "kernels/gemm/builder.h"

namespace cnnbench::gemm {
namespace {

class GemmProgram final : public common::BuiltProgram<Builder> {
 public:
  GemmProgram(const Model& model, const PrepareOptions& options, const Library& library)
      : BuiltProgram(model, options, library) {
    // Of our own loops, and of the library where that has another pool or reads its number once.
    omp_set_num_threads(options.threads);
    library.set_threads(options.threads);
    // The same images enter every step.
    const std::int64_t elements = options_.batch * model_.input.size();
    const Value input{builder_.buffers.dedicate(static_cast<std::size_t>(elements) * sizeof(float)), elements,
                      false};
    plans_ = common::add_network(builder_, input, [this](int i) {
      const ModelLayer& layer = layer_at(i);
      return std::visit([&](const auto& kind) { return make_plan(layer, kind); }, layer.kind);
    });
    builder_.allocate();
    fill_parameters();
    fill_input();
  }

  void run(std::size_t operation) override { builder_.actions.at(operation)(); }
  bool move_memory() override { return move_all(builder_.arena, builder_.buffers); }

 private:
  std::span<float> plain_array(int layer, Tensor tensor) override {
    if (common::is_parameter(tensor)) return builder_.arena.find(layer, tensor);
    const Value& value = builder_.values.at(static_cast<std::size_t>(layer)).at(tensor);
    return {builder_.data(value), static_cast<std::size_t>(value.elements)};
  }

  std::vector<std::unique_ptr<LayerPlan>> plans_;  ///< actions refer to them
};

}  // namespace

std::unique_ptr<Program> make_program(const Model& model, const PrepareOptions& options,
                                      const Library& library) {
  return std::make_unique<GemmProgram>(model, options, library);
}

}  // namespace cnnbench::gemm

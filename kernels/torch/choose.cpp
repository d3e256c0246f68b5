#include "harness/backend/tuner.h"
#include "kernels/torch/program.h"

namespace cnnbench::torch {

std::unique_ptr<Program> make_fastest_program(const Model& model, const PrepareOptions& options) {
  const std::vector<Setting> settings = settings_for(options.pass);
  std::vector<Candidate> candidates;
  for (const Setting& setting : settings)
    candidates.push_back({setting.name, [&] {
                            const std::shared_ptr<Program> program = make_program(model, options, setting);
                            return [program] { program->step(); };
                          }});
  const std::string network = model.name + ", " + std::to_string(model.layers.size()) + " layers, " +
                              to_string(model.input) + " to " + to_string(model.layers.back().output);
  // Made anew: its first step is to be a first step (dropout counts them).
  return make_program(model, options, settings[fastest(options, network, candidates)]);
}

}  // namespace cnnbench::torch

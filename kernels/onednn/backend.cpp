#include "harness/backend/backend.h"

#include <oneapi/dnnl/dnnl.hpp>
#include <stdexcept>

#include "harness/backend/choice.h"
#include "kernels/onednn/compat.h"
#include "kernels/onednn/program.h"

namespace cnnbench {
namespace {

class OneDnnBackend final : public Backend {
 public:
  std::string name() const override { return "onednn"; }

  std::string version() const override {
    const dnnl::version_t* version = dnnl::version();
    return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
           std::to_string(version->patch);
  }

  std::vector<std::pair<std::string, std::string>> facts() const override {
    const unsigned runtime = dnnl::version()->cpu_runtime;
    const std::string name = runtime == DNNL_RUNTIME_OMP   ? "OpenMP"
                             : runtime == DNNL_RUNTIME_SEQ ? "sequential"
                             : runtime == DNNL_RUNTIME_TBB ? "TBB"
                                                           : "other";
    return {{"effective_isa", onednn::compat::effective_isa()}, {"threading", name}};
  }

  std::string unsupported(const ModelLayer& layer, Pass) const override {
    const Padding& padding = layer.padding;
    const bool negative = padding.before.height < 0 || padding.before.width < 0 || padding.after.height < 0 ||
                          padding.after.width < 0;
    if (negative && std::holds_alternative<Convolution>(layer.kind))
      return "the crop is deeper than the padding, and oneDNN has no negative padding";
    return "";
  }

  std::unique_ptr<Program> prepare(const Model& model, const PrepareOptions& options) const override {
    for (const ModelLayer& layer : model.layers)
      if (const std::string reason = unsupported(layer, options.pass); !reason.empty())
        throw std::runtime_error("onednn: layer " + layer.name + ": " + reason);
    try {
      return onednn::make_program(model, options);
    } catch (const dnnl::error& error) {
      if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
      throw std::runtime_error(std::string("onednn: ") + error.what());
    }
  }
};

}  // namespace

std::vector<BackendChoice> onednn_backends() {
  return {{"onednn",
           "primitives with the library's own choice of layouts and algorithms",
           "",
           [] { return std::make_unique<OneDnnBackend>(); },
           {}}};
}

}  // namespace cnnbench

#include "harness/backend/backend.h"

#include <onnxruntime/onnxruntime_cxx_api.h>

#include <stdexcept>

#include "harness/backend/choice.h"
#include "kernels/common/window.h"
#include "kernels/onnxruntime/program.h"

namespace cnnbench {
namespace {

class OnnxRuntimeBackend final : public Backend {
 public:
  std::string name() const override { return "onnxruntime"; }
  std::string version() const override { return Ort::GetVersionString(); }

  std::vector<std::pair<std::string, std::string>> facts() const override {
    return {{"threading", "one pool of its own, not spinning"}};
  }

  std::string unsupported(const ModelLayer& layer, Pass pass) const override {
    if (pass != Pass::forward) return "ONNX Runtime's inference library has no backward pass";
    if (common::has_negative_padding(layer) && std::holds_alternative<Convolution>(layer.kind))
      return "the crop is deeper than the padding, and ONNX Runtime has no negative padding";
    return "";
  }

  std::unique_ptr<Program> prepare(const Model& model, const PrepareOptions& options) const override {
    for (const ModelLayer& layer : model.layers)
      if (const std::string reason = unsupported(layer, options.pass); !reason.empty())
        throw std::runtime_error("onnxruntime: layer " + layer.name + ": " + reason);
    try {
      return onnxruntime::make_program(model, options);
    } catch (const Ort::Exception& error) {
      throw std::runtime_error(std::string("onnxruntime: ") + error.what());
    }
  }
};

}  // namespace

std::vector<BackendChoice> onnxruntime_backends() {
  return {{"onnxruntime",
           "a session a layer, forward only; the library gains more with the whole network in one session",
           "",
           [] { return std::make_unique<OnnxRuntimeBackend>(); },
           {}}};
}

}  // namespace cnnbench

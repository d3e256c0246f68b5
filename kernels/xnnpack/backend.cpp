#include "harness/backend/backend.h"

#include <dlfcn.h>
#include <xnnpack.h>

#include <filesystem>
#include <stdexcept>

#include "harness/backend/choice.h"
#include "kernels/common/window.h"
#include "kernels/xnnpack/compat.h"
#include "kernels/xnnpack/program.h"

namespace cnnbench {
namespace {

class XnnpackBackend final : public Backend {
 public:
  XnnpackBackend() {
    const xnn_status status = xnn_initialize(nullptr);
    if (status == xnn_status_unsupported_hardware)
      throw std::runtime_error("XNNPACK does not support this processor");
    if (status != xnn_status_success) throw std::runtime_error("XNNPACK could not be initialised");
  }

  std::string name() const override { return "xnnpack"; }

  /// The library does not know its version; the file that it was loaded from has what there is of one.
  std::string version() const override {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&xnn_initialize), &info) == 0 || info.dli_fname == nullptr)
      return "unknown";
    std::error_code error;
    const std::filesystem::path file = std::filesystem::canonical(info.dli_fname, error);
    return (error ? std::filesystem::path(info.dli_fname) : file).filename().string();
  }

  std::vector<std::pair<std::string, std::string>> facts() const override {
    return {{"threading", "pthreadpool, asleep between steps"}};
  }

  std::string unsupported(const ModelLayer& layer, Pass pass) const override {
    if (pass != Pass::forward) return "XNNPACK has no backward pass";
    if (common::has_negative_padding(layer) && std::holds_alternative<Convolution>(layer.kind))
      return "the crop is deeper than the padding, and XNNPACK has no negative padding";
    if (const auto* pooling = std::get_if<Pooling>(&layer.kind)) {
      const Extent& kernel = pooling->kernel;
      const Extent& stride = pooling->stride;
      if (kernel == Extent{1, 1}) return "XNNPACK refuses a pooling window of one element";
      const bool gaps = stride.height > kernel.height || stride.width > kernel.width;
      if (gaps && pooling->pool == PoolKind::max && !xnnpack::compat::max_pooling_may_skip)
        return "this version of XNNPACK refuses a stride longer than the pooling window";
    }
    return "";
  }

  /// The library packs a copy of the parameters, and of a window it holds the address of every tap of every
  /// output pixel of one image (its indirection buffer).
  double extra_bytes(const Model& model, const PrepareOptions&) const override {
    double addresses = 0;
    for (const ModelLayer& layer : model.layers) {
      const auto* conv = std::get_if<Convolution>(&layer.kind);
      const auto* pool = std::get_if<Pooling>(&layer.kind);
      if (conv == nullptr && pool == nullptr) continue;
      const Extent& kernel = conv != nullptr ? conv->kernel : pool->kernel;
      addresses += static_cast<double>(layer.output.height * layer.output.width) *
                   static_cast<double>(kernel.height * kernel.width);
    }
    return static_cast<double>(model.parameters()) * sizeof(float) + addresses * sizeof(void*);
  }

  std::unique_ptr<Program> prepare(const Model& model, const PrepareOptions& options) const override {
    for (const ModelLayer& layer : model.layers)
      if (const std::string reason = unsupported(layer, options.pass); !reason.empty())
        throw std::runtime_error("xnnpack: layer " + layer.name + ": " + reason);
    return xnnpack::make_program(model, options);
  }
};

}  // namespace

std::vector<BackendChoice> xnnpack_backends() {
  return {{"xnnpack",
           "operators in NHWC order on a thread pool of its own; forward only",
           "",
           [] { return std::make_unique<XnnpackBackend>(); },
           {}}};
}

}  // namespace cnnbench

#include "harness/backend/backend.h"

#include <oneapi/dnnl/dnnl.hpp>
#include <stdexcept>

#include "harness/backend/choice.h"
#include "kernels/onednn/compat.h"
#include "kernels/onednn/known_faults.h"
#include "kernels/onednn/layer_choice.h"
#include "kernels/onednn/program.h"
#include "kernels/onednn/winograd.h"
#include "kernels/onednn/x86_sets.h"

namespace cnnbench {
namespace {

class OneDnnBackend final : public Backend {
 public:
  explicit OneDnnBackend(const onednn::Variant& variant) : variant_(variant) {}
  std::string name() const override { return variant_.name; }

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
    std::vector<std::pair<std::string, std::string>> all{{"effective_isa", onednn::compat::effective_isa()},
                                                         {"threading", name}};
    if (variant_.winograd != onednn::WinogradUse::none)
      all.emplace_back("winograd", onednn::winograd_instruction_set());
    return all;
  }

  std::vector<std::string> warnings() const override { return onednn::known_fault_warnings(); }

  std::string unsupported(const ModelLayer& layer, Pass) const override {
    if (variant_.winograd != onednn::WinogradUse::none && onednn::winograd_can(layer)) return "";
    if (onednn::has_negative_padding(layer) && std::holds_alternative<Convolution>(layer.kind))
      return "the crop is deeper than the padding, and oneDNN has no negative padding";
    return "";
  }

  double extra_bytes(const Model& model, const PrepareOptions& options) const override {
    // In training, some weights are there in the layouts of up to three primitives: few of VGG16's twice, all
    // of OverFeat's, and more where each has the layout that is the fastest for it.
    const bool training = options.pass != Pass::forward;
    double copies = 0;
    if (training) copies = variant_.best_implementation ? 2 : variant_.plain_layout ? 0.25 : 1;
    double floats = 0;
    if (variant_.best_implementation) {
      // The library's own Winograd has 36 transformed weights of 9.
      for (const ModelLayer& layer : model.layers)
        if (onednn::winograd_can(layer)) floats += 4 * static_cast<double>(layer.weights);
    }
    floats += copies * static_cast<double>(model.parameters());
    return onednn::winograd_bytes(model, options, variant_) + floats * sizeof(float);
  }

  std::unique_ptr<Program> prepare(const Model& model, const PrepareOptions& options) const override {
    for (const ModelLayer& layer : model.layers)
      if (const std::string reason = unsupported(layer, options.pass); !reason.empty())
        throw std::runtime_error(name() + ": layer " + layer.name + ": " + reason);
    try {
      return onednn::make_program(model, options, variant_, onednn::layer_choices(model, options, variant_));
    } catch (const dnnl::error& error) {
      if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
      throw std::runtime_error(name() + ": " + error.what());
    }
  }

 private:
  onednn::Variant variant_;
};

BackendChoice choice(onednn::Variant variant, const std::string& about) {
  return {variant.name, about, "", [variant] { return std::make_unique<OneDnnBackend>(variant); }, {}};
}

/// With the instruction set capped, which the library reads from its environment once a process.
BackendChoice capped(const std::string& isa, const std::string& variable, bool has_it) {
  BackendChoice result = choice({.name = "onednn:isa=" + isa}, "onednn with no instructions beyond " + isa);
  result.environment = {{"ONEDNN_MAX_CPU_ISA", variable}};
  if (!has_it) result.missing = "this CPU does not have these instructions";
  return result;
}

}  // namespace

std::vector<BackendChoice> onednn_backends() {
  const onednn::X86Sets sets = onednn::x86_sets();
  return {
      choice({.name = "onednn"}, "layouts and algorithms as the library chooses them, activations fused"),
      choice({.name = "onednn:layout=nchw", .plain_layout = true}, "all activations in plain layout"),
      choice({.name = "onednn:fusion=off", .fusion = false}, "activations as operations of their own"),
      choice({.name = "onednn:control"},
             "onednn a second time: compared with it, how far two equals come out apart"),
      choice({.name = "onednn:impl=best", .best_implementation = true},
             "of all implementations and layouts that the library has for a layer, the fastest at set-up"),
      choice(
          // Direct: for the 3 channels of VGG16's first layer the library may take its own Winograd, in twice
          // the time.
          {.name = "winograd", .direct = true, .winograd = onednn::WinogradUse::by_shape},
          "3×3 convolutions on our own Winograd kernels where they promise to be faster, the rest on onednn"),
      choice({.name = "winograd:tune", .winograd = onednn::WinogradUse::by_timing},
             "the same where they are faster, and the size of tiles, timed at set-up"),
      choice({.name = "winograd:all", .winograd = onednn::WinogradUse::all},
             "the same for all 3×3 convolutions of stride 1"),
      capped("sse41", "SSE41", sets.sse41),
      capped("avx2", "AVX2", sets.avx2),
      capped("avx512", "AVX512_CORE", sets.avx512bw)};
}

}  // namespace cnnbench

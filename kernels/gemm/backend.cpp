#include "harness/backend/backend.h"

#include <stdexcept>

#include "harness/backend/choice.h"
#include "kernels/gemm/library.h"
#include "kernels/gemm/program.h"

namespace cnnbench {
namespace gemm {
namespace {

/// Convolutions and dense layers by one library's matrix multiplication, all else in loops of our own.
class GemmBackend final : public Backend {
 public:
  explicit GemmBackend(const Offer& offer) : name_("gemm:" + offer.name), library_(offer.open()) {}

  std::string name() const override { return name_; }
  std::string version() const override { return library_->version(); }
  std::vector<std::pair<std::string, std::string>> facts() const override { return library_->facts(); }
  std::vector<std::string> warnings() const override { return library_->warnings(); }
  std::string unsupported(const ModelLayer&, Pass) const override { return {}; }

  /// Memory for im2col (see Tiling), and what the library packs matrices into.
  double extra_bytes(const Model&, const PrepareOptions& options) const override {
    return (24.0 + 8.0 * options.threads) * (1 << 20);
  }

  std::unique_ptr<Program> prepare(const Model& model, const PrepareOptions& options) const override {
    return make_program(model, options, *library_);
  }

 private:
  std::string name_;
  std::unique_ptr<Library> library_;
};

}  // namespace

const std::vector<Offer>& offers() {
  static const std::vector<Offer> all{
      {"openblas", "im2col and OpenBLAS", missing_openblas, open_openblas},
      {"blis", "im2col and BLIS", missing_blis, open_blis},
      {"eigen", "im2col and Eigen", missing_eigen, open_eigen},
      {"onednn", "im2col and oneDNN's dnnl_sgemm", missing_onednn, open_onednn},
  };
  return all;
}

}  // namespace gemm

std::vector<BackendChoice> gemm_backends() {
  std::vector<BackendChoice> choices;
  for (const gemm::Offer& offer : gemm::offers())
    choices.push_back({"gemm:" + offer.name,
                       offer.about,
                       offer.missing(),
                       [&offer] { return std::make_unique<gemm::GemmBackend>(offer); },
                       {}});
  return choices;
}

}  // namespace cnnbench

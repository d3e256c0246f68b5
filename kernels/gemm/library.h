#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cnnbench::gemm {

/// A row-major matrix in memory, or its transpose; `stride` is between the rows as they lie in memory.
struct Matrix {
  const float* data;
  std::int64_t stride;
  bool transposed = false;
};

/// A library that multiplies matrices.
class Library {
 public:
  virtual ~Library() = default;

  /// As the library itself gives it.
  virtual std::string version() const = 0;

  /// See Backend::facts: "threading", "library" (its file), and which of its kernels it runs.
  virtual std::vector<std::pair<std::string, std::string>> facts() const = 0;

  /// The kernel in one word, for Operation::implementation; empty where the library does not say.
  virtual std::string kernel() const { return {}; }

  /// See Backend::warnings.
  virtual std::vector<std::string> warnings() const { return {}; }

  virtual void set_threads(int threads) const = 0;

  /// Row-major C = A·B + beta·C with A m×k and B k×n, after transposition; `stride` is that of C. With
  /// beta 0, C is not read. Throws std::runtime_error where the library fails or cannot take the sizes.
  virtual void multiply(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a, const Matrix& b,
                        float beta, float* c, std::int64_t stride) const = 0;
};

/// A library that may be there. `missing` says what would bring it (see BackendChoice::missing), and is empty
/// where it is there; `open` throws std::runtime_error where it is not.
struct Offer {
  std::string name;   ///< "openblas"
  std::string about;  ///< in a few words
  std::string (*missing)();
  std::unique_ptr<Library> (*open)();
};

/// OpenBLAS, BLIS, Eigen, oneDNN.
const std::vector<Offer>& offers();

std::string missing_openblas();
std::unique_ptr<Library> open_openblas();
std::string missing_blis();
std::unique_ptr<Library> open_blis();
std::string missing_eigen();
std::unique_ptr<Library> open_eigen();
std::string missing_onednn();
std::unique_ptr<Library> open_onednn();

}  // namespace cnnbench::gemm

#include "kernels/gemm/vector_width.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace cnnbench::gemm {
namespace {

template <std::size_t n>
bool is_one_of(std::string_view name, const std::array<std::string_view, n>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const char* to_string(Vectors vectors) {
  switch (vectors) {
    case Vectors::sse:
      return "SSE";
    case Vectors::avx:
      return "AVX";
    case Vectors::avx2:
      return "AVX2";
    case Vectors::avx512:
      return "AVX-512";
  }
  return "";
}

Vectors vectors_of_cpu() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return Vectors::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Vectors::avx2;
  if (__builtin_cpu_supports("avx")) return Vectors::avx;
#endif
  return Vectors::sse;
}

// The cores of x86-64 in OpenBLAS's TargetList.txt.
Vectors vectors_of_openblas_core(const std::string& core) {
  using Names = std::string_view;
  static constexpr std::array<Names, 16> sse{
      "Katmai",  "Coppermine", "Northwood", "Prescott", "Banias",       "Core2",     "Penryn", "Dunnington",
      "Nehalem", "Atom",       "Athlon",    "Opteron",  "Opteron_SSE3", "Barcelona", "Bobcat", "Nano"};
  static constexpr std::array<Names, 4> avx{"Sandybridge", "Bulldozer", "Piledriver", "Steamroller"};
  static constexpr std::array<Names, 3> avx2{"Haswell", "Zen", "Excavator"};
  if (is_one_of(core, sse)) return Vectors::sse;
  if (is_one_of(core, avx)) return Vectors::avx;
  if (is_one_of(core, avx2)) return Vectors::avx2;
  return Vectors::avx512;
}

// The families and configurations of x86-64 in BLIS's config_registry.
Vectors vectors_of_blis_architecture(const std::string& architecture) {
  using Names = std::string_view;
  static constexpr std::array<Names, 2> sse{"generic", "penryn"};
  static constexpr std::array<Names, 4> avx{"sandybridge", "bulldozer", "piledriver", "steamroller"};
  static constexpr std::array<Names, 5> avx2{"haswell", "excavator", "zen", "zen2", "zen3"};
  if (is_one_of(architecture, sse)) return Vectors::sse;
  if (is_one_of(architecture, avx)) return Vectors::avx;
  if (is_one_of(architecture, avx2)) return Vectors::avx2;
  return Vectors::avx512;
}

std::string older_kernels(const std::string& library, const std::string& kernels, Vectors of_kernels,
                          Vectors of_cpu, const std::string& remedy) {
  if (of_kernels >= of_cpu) return "";
  return fmt::format("{} runs kernels for {} ({}) on a CPU with {}: {}", library, kernels,
                     to_string(of_kernels), to_string(of_cpu), remedy);
}

}  // namespace cnnbench::gemm

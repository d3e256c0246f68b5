#pragma once

namespace cnnbench::onednn {

/// The sets of vector instructions of this CPU that matter to oneDNN; none on CPUs other than x86-64.
struct X86Sets {
  bool sse41 = false;
  bool avx2 = false;
  bool avx512f = false;
  bool avx512bw = false;
};

inline X86Sets x86_sets() {
#if defined(__x86_64__)
  return {.sse41 = __builtin_cpu_supports("sse4.1") != 0,
          .avx2 = __builtin_cpu_supports("avx2") != 0,
          .avx512f = __builtin_cpu_supports("avx512f") != 0,
          .avx512bw = __builtin_cpu_supports("avx512bw") != 0};
#else
  return {};
#endif
}

}  // namespace cnnbench::onednn

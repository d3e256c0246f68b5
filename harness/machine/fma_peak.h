#pragma once

#include <string>
#include <vector>

namespace cnnbench {

/// Fastest single-precision multiply-adds that were seen.
struct FmaPeak {
  double flops_per_second = 0;  ///< of all threads together; 2 a multiply-add
  std::string instruction_set;  ///< "AVX-512F", "AVX2+FMA", "SSE2"; "baseline" on CPUs other than x86-64
};

/// The instruction sets of `FmaPeak` that this CPU and its kernel can run, widest first; never empty.
std::vector<std::string> fma_instruction_sets();

/// Measures for about 0.1 s how many single-precision multiply-adds `threads` OpenMP threads complete, on
/// values in registers, in chains enough to hide the latency: the best of many short runs, of every
/// instruction set that fuses them, since the widest is not the fastest on each CPU. A ceiling for what a
/// kernel can reach now; other work on the cores lowers it. Without optimisation (a debug build) it is far
/// too low. Throws std::logic_error where the multiply-adds gave a wrong result, std::invalid_argument where
/// `threads` is not positive.
FmaPeak measure_fma_peak(int threads);

/// The same with one instruction set only. Throws std::invalid_argument for one that is not there.
FmaPeak measure_fma_peak(int threads, const std::string& instruction_set);

}  // namespace cnnbench

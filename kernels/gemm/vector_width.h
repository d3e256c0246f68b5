#pragma once

#include <string>

namespace cnnbench::gemm {

/// Sets of vector instructions of x86-64 that kernels for matrix products are written for, in their order.
enum class Vectors { sse, avx, avx2, avx512 };

/// "SSE", "AVX", "AVX2", "AVX-512".
const char* to_string(Vectors vectors);

/// The widest that this CPU and its kernel can run; on CPUs other than x86-64 the least.
Vectors vectors_of_cpu();

/// Those of OpenBLAS's kernels for a core ("SkylakeX"), and of BLIS's for a configuration ("skx"); the widest
/// for names that are not known, which are newer.
Vectors vectors_of_openblas_core(const std::string& core);
Vectors vectors_of_blis_architecture(const std::string& architecture);

/// A sentence where a library's kernels use less than the CPU offers; else empty. `remedy` ends it: "set …".
std::string older_kernels(const std::string& library, const std::string& kernels, Vectors of_kernels,
                          Vectors of_cpu, const std::string& remedy);

}  // namespace cnnbench::gemm

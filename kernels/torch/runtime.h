#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cnnbench::torch {

/// Threads of ATen's loops, of oneDNN and of the BLAS beneath.
void set_threads(int threads);

/// Version of the library that is loaded, as it says itself.
std::string library_version();

/// Threading runtime, instruction set of ATen's own kernels, oneDNN's version, and the BLAS.
std::vector<std::pair<std::string, std::string>> library_facts();

}  // namespace cnnbench::torch

#pragma once

#include <cstddef>

namespace cnnbench::torch {

/// Makes the library take its memory from a cache: blocks that tensors gave back serve later ones of about
/// their size, so that steps after the first neither allocate nor touch new pages. ATen has no functions that
/// write convolutions into given memory; a caching allocator (as PyTorch's tuning guide advises for CPUs) is
/// what keeps allocation out of the steps. Aligned to 64 bytes, large blocks to huge pages, which are asked
/// for. Idempotent.
void cache_memory();

/// Gives the blocks that no tensor uses back to the system.
void trim_memory();

}  // namespace cnnbench::torch

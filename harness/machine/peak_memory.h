#pragma once

#include <cstdint>
#include <optional>

namespace cnnbench {

/// The largest resident size, in bytes, of this process since the last reset (else since its start), and of
/// each process that it has started and that still runs, added up: backends with variables of their own are
/// in such processes. The sum can be more than all took at a time. Empty where /proc does not tell.
std::optional<std::int64_t> peak_memory_bytes();

/// Has the largest size counted anew for all of these (proc(5): clear_refs). False where the kernel does not
/// let it. getrusage(2) then knows no earlier peak either.
bool reset_peak_memory();

}  // namespace cnnbench

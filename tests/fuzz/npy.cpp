// Any bytes are an array or are refused by a std::runtime_error.
#include "harness/measure/npy.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  try {
    const cnnbench::NpyArray array = cnnbench::read_npy(in, "fuzz.npy");
    std::int64_t count = 1;
    for (const std::int64_t side : array.shape) count *= side;
    if (array.values.size() != static_cast<std::size_t>(count)) std::abort();
  } catch (const std::runtime_error&) {
  }
  return 0;
}

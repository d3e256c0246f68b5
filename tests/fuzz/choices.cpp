// Any text is a list of choices or is refused by a UserError.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "harness/plan.h"
#include "harness/read_choices.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  try {
    cnnbench::read_choices(in, "fuzz.json");
  } catch (const cnnbench::UserError&) {
  }
  return 0;
}

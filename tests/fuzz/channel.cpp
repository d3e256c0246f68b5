// Any bytes from the other process are a message or are refused by a std::runtime_error, which ends the
// worker. Any message is a network or is refused by a std::exception, which the worker answers with.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "harness/worker/model_json.h"
#include "tests/harness/worker/received.h"

namespace cnnbench {
namespace {

void use(const std::string& sent) {
  nlohmann::json message;
  try {
    message = received(sent);
  } catch (const std::runtime_error&) {
    return;
  }
  try {
    const auto json = model_to_json(model_from_json(message));
    if (model_to_json(model_from_json(json)) != json) std::abort();
  } catch (const std::exception&) {
  }
}

}  // namespace
}  // namespace cnnbench

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  cnnbench::use(bytes);
  cnnbench::use(cnnbench::framed(bytes));
  return 0;
}

#include "harness/worker/channel.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/harness/worker/received.h"

namespace cnnbench {
namespace {

TEST(Channel, GivesBackAMessage) {
  EXPECT_EQ(received(framed(R"({"do": "facts", "numbers": [1, 2.5]})")),
            nlohmann::json({{"do", "facts"}, {"numbers", {1, 2.5}}}));
}

TEST(Channel, RefusesAMessageThatEndsEarly) {
  for (const std::string& sent : {std::string(), std::string("1234567"), framed("{}", 3), framed("", 1)})
    EXPECT_THROW(received(sent), std::runtime_error) << sent;
}

TEST(Channel, RefusesAMessageThatIsNoJson) {
  for (const char* text : {"", "{", "{} {}", "[1e999]", "\"\xFF\""})
    EXPECT_THROW(received(framed(text)), std::runtime_error) << text;
}

// Before it asks for that much memory.
TEST(Channel, RefusesALengthThatNoMessageHas) {
  for (const std::uint64_t length : {std::uint64_t{1} << 30, std::uint64_t{1} << 62, ~std::uint64_t{0}})
    EXPECT_THROW(received(framed("{}", length)), std::runtime_error) << length;
}

}  // namespace
}  // namespace cnnbench

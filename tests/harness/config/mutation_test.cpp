#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "tests/harness/config/load.h"

namespace cnnbench {
namespace {

std::vector<std::string> shipped_texts() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(CNNBENCH_SOURCE_DIR "/configs")) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // the order of a folder is the file system's
  std::vector<std::string> texts;
  for (const auto& file : files) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::string mutate(std::string text) {
    for (std::size_t edits = 1 + below(4); edits > 0 && !text.empty(); --edits) {
      const std::size_t at = below(text.size());
      const std::size_t length = std::min(text.size() - at, std::size_t{1} + below(40));
      switch (below(6)) {
        case 0:
          text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, text.substr(at, length));
          break;
        case 3:
          text.insert(below(text.size()), text.substr(at, length));
          break;
        case 4: {  // characters that mean something to YAML
          static constexpr std::string_view special = "{}[]:,-?&*!|>'\"%@`#~\n\t <=.0";
          text[at] = special[below(special.size())];
          break;
        }
        default:
          text.resize(at);
      }
    }
    return text;
  }

 private:
  /// Not a std distribution: those differ between standard libraries.
  std::size_t below(std::size_t count) { return random_() % count; }

  std::mt19937 random_;
};

/// Any file either loads or is refused with a message; what else is thrown, or a crash, fails the test.
TEST(Mutation, EveryDamagedConfigLoadsOrIsRefused) {
  const TemporaryFolder folder;
  Mutator mutator(20170921);
  int loaded = 0;
  int refused = 0;
  for (const std::string& text : shipped_texts()) {
    for (int i = 0; i < 500; ++i) {
      const std::string damaged = mutator.mutate(text);
      try {
        // A new file each time: rewriting one makes some file systems wait for the disk.
        load_config(folder.write("net" + std::to_string(loaded + refused) + ".yaml", damaged));
        ++loaded;
      } catch (const ConfigError& error) {
        ++refused;
        EXPECT_NE(std::string(error.what()), "");
      } catch (const std::exception& error) {
        FAIL() << "threw '" << error.what() << "' for:\n" << damaged;
      }
    }
  }
  // Both ends are met, else the mutations would prove nothing.
  EXPECT_GT(loaded, 100);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace cnnbench

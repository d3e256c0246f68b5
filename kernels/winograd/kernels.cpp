#include "kernels/winograd/kernels.h"

#include <hwy/targets.h>

#include <cctype>
#include <mutex>
#include <stdexcept>

namespace cnnbench::winograd {

// Each is compiled in a file of its own: see kernels_of.cpp.in. Of the instruction set that Highway has
// chosen.
const Kernels* kernels_8_1();
const Kernels* kernels_8_2();
const Kernels* kernels_16_1();
const Kernels* kernels_16_2();

namespace {

/// Null for sizes of blocks or tiles that there are no kernels for.
const Kernels* find_kernels(std::int64_t block, int tile_size) {
  if (block == 8) return tile_size == 1 ? kernels_8_1() : tile_size == 2 ? kernels_8_2() : nullptr;
  if (block == 16) return tile_size == 1 ? kernels_16_1() : tile_size == 2 ? kernels_16_2() : nullptr;
  return nullptr;
}

std::string name_of(std::int64_t target) {
  std::string name = hwy::TargetName(target);
  if (name.starts_with("AVX3")) return "avx512";
  for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return name;
}

}  // namespace

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) names.push_back(name_of(target));
  return names;
}

const Kernels& kernels(std::int64_t block, int tile_size, const std::string& instruction_set) {
  // Highway dispatches by a state of the process: set, used and put back by one thread at a time.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const Kernels* found = nullptr;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (name_of(target) != instruction_set) continue;
    hwy::GetChosenTarget().Update(target);
    found = find_kernels(block, tile_size);
    hwy::GetChosenTarget().DeInit();
    if (found == nullptr)
      throw std::invalid_argument("winograd: channels are in blocks of 8 or 16, tiles of size 1 or 2");
    return *found;
  }
  throw std::invalid_argument("winograd: no instruction set " + instruction_set + " here");
}

}  // namespace cnnbench::winograd

#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace cnnbench {

/// Arrays in NumPy's .npy format, version 1.0 (NEP 1): little-endian, C order.

void write_npy(const std::filesystem::path& file, std::span<const float> values,
               const std::vector<std::int64_t>& shape);
void write_npy(const std::filesystem::path& file, std::span<const std::int32_t> values,
               const std::vector<std::int64_t>& shape);

struct NpyArray {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// Reads an array of float32, float64 or uint8 as float. Throws std::runtime_error with the file and what is
/// wrong: missing, not .npy, another type, Fortran order, or shorter than its shape says.
NpyArray read_npy(const std::filesystem::path& file);

/// The same from a stream; `name` is what the file is called in messages.
NpyArray read_npy(std::istream& in, const std::string& name);

}  // namespace cnnbench

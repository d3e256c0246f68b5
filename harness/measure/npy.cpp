#include "harness/measure/npy.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>

namespace cnnbench {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are written as they lie in memory");

constexpr std::string_view magic{"\x93NUMPY", 6};

[[noreturn]] void fail(const std::string& file, const std::string& what) {
  throw std::runtime_error(file + ": " + what);
}

void write_array(const std::filesystem::path& file, const char* type, const void* data, std::size_t bytes,
                 const std::vector<std::int64_t>& shape) {
  std::string header = std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t side : shape) header += std::to_string(side) + ",";
  header += "), }";
  // Magic, version and length take 10 bytes; the data begins at a multiple of 64.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::ofstream out(file, std::ios::binary);
  out << magic << '\x01' << '\x00' << static_cast<char>(header.size() % 256)
      << static_cast<char>(header.size() / 256) << header;
  out.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
  out.close();
  if (!out) fail(file.string(), std::string("cannot write: ") + std::strerror(errno));
}

/// The sides in "'shape': (2, 3), ". By hand: the library's regular expressions recurse over a long header.
std::vector<std::int64_t> parse_shape(const std::string& file, const std::string& header) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  const std::size_t key = header.find("'shape':");
  const std::size_t open = key == std::string::npos ? key : header.find_first_not_of(' ', key + 8);
  if (open == std::string::npos || header[open] != '(') fail(file, "has no shape");
  std::vector<std::int64_t> shape;
  bool in_number = false;
  for (std::size_t i = open + 1; i < header.size(); ++i) {
    const char c = header[i];
    if (c == ')') return shape;
    const bool digit = c >= '0' && c <= '9';
    if (!digit && c != ',' && c != ' ') break;
    if (digit && !in_number) shape.push_back(0);
    if (digit) shape.back() = 10 * shape.back() + (c - '0');
    if (digit && shape.back() > most) fail(file, "has a shape that is too large");
    in_number = digit;
  }
  fail(file, "has no shape");
}

template <typename Stored>
std::vector<float> read_values(const std::string& file, std::istream& in, std::size_t count) {
  // Read in pieces, so that a shape that promises more than the file holds allocates no more than the file.
  std::vector<float> values;
  std::array<Stored, 4096> piece;
  while (values.size() < count) {
    const std::size_t wanted = std::min(piece.size(), count - values.size());
    in.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(wanted * sizeof(Stored)));
    if (!in) fail(file, "is shorter than its shape says");
    values.insert(values.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(wanted));
  }
  return values;
}

}  // namespace

void write_npy(const std::filesystem::path& file, std::span<const float> values,
               const std::vector<std::int64_t>& shape) {
  write_array(file, "<f4", values.data(), values.size_bytes(), shape);
}

void write_npy(const std::filesystem::path& file, std::span<const std::int32_t> values,
               const std::vector<std::int64_t>& shape) {
  write_array(file, "<i4", values.data(), values.size_bytes(), shape);
}

NpyArray read_npy(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) fail(file.string(), "is a folder");
  std::ifstream in(file, std::ios::binary);
  if (!in) fail(file.string(), std::string("cannot read: ") + std::strerror(errno));
  return read_npy(in, file.string());
}

NpyArray read_npy(std::istream& in, const std::string& file) {
  std::array<unsigned char, 8> start{};
  in.read(reinterpret_cast<char*>(start.data()), start.size());
  if (!in || std::memcmp(start.data(), magic.data(), magic.size()) != 0) fail(file, "is not a .npy file");
  std::array<unsigned char, 4> length{};
  const std::streamsize length_bytes = start[6] == 1 ? 2 : 4;
  in.read(reinterpret_cast<char*>(length.data()), length_bytes);
  const std::size_t header_size = length[0] + 256U * length[1];
  std::string header(header_size, ' ');
  in.read(header.data(), static_cast<std::streamsize>(header_size));
  if (!in || length[2] != 0 || length[3] != 0) fail(file, "has a broken header");
  if (header.find("'fortran_order': False") == std::string::npos)
    fail(file, "is in Fortran order; C order is needed");

  NpyArray array;
  array.shape = parse_shape(file, header);
  std::int64_t count = 1;
  for (const std::int64_t side : array.shape)
    if (__builtin_mul_overflow(count, side, &count)) fail(file, "has a shape that is too large");
  const auto size = static_cast<std::size_t>(count);
  if (header.find("'<f4'") != std::string::npos)
    array.values = read_values<float>(file, in, size);
  else if (header.find("'<f8'") != std::string::npos)
    array.values = read_values<double>(file, in, size);
  else if (header.find("'|u1'") != std::string::npos)
    array.values = read_values<unsigned char>(file, in, size);
  else
    fail(file, "holds another type than float32, float64 or uint8");
  return array;
}

}  // namespace cnnbench

#include "harness/measure/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <numeric>

#include "tests/harness/measure/scratch_folder.h"

namespace cnnbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Npy : public ::testing::Test {
 protected:
  /// A file of format version 1 with this header and these bytes behind it.
  std::filesystem::path file_with(std::string header, const std::string& data = "", char version = 1) const {
    std::string start = std::string("\x93NUMPY") + version + '\0';
    const std::size_t length = header.size();
    start += static_cast<char>(length % 256);
    start += static_cast<char>(length / 256);
    if (version > 1) start += std::string(2, '\0');
    return raw_file(start + header + data);
  }

  std::filesystem::path raw_file(const std::string& content) const {
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

  /// Why reading fails; empty where it does not.
  std::string refusal(const std::filesystem::path& path) const {
    try {
      read_npy(path);
      return "";
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
      return error.what();
    }
  }

  static std::string bytes_of(const std::vector<float>& values) {
    std::string bytes(values.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
  }

  ScratchFolder folder;
  std::filesystem::path file = folder.path() / "array.npy";
};

TEST_F(Npy, ReadsWhatItWrote) {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{}, {7}, {2, 3}, {2, 3, 4, 5}, {0, 3}, {1, 1, 1, 1, 1, 1}}) {
    std::int64_t size = 1;
    for (const std::int64_t side : shape) size *= side;
    std::vector<float> values(static_cast<std::size_t>(size));
    std::iota(values.begin(), values.end(), -2.5F);

    write_npy(file, values, shape);
    const NpyArray array = read_npy(file);

    EXPECT_EQ(array.shape, shape);
    EXPECT_EQ(array.values, values);
  }
}

TEST_F(Npy, ReadsMoreValuesThanItTakesAtOnce) {
  std::vector<float> values(10'001);
  std::iota(values.begin(), values.end(), 0.0F);
  write_npy(file, values, {10'001});

  EXPECT_EQ(read_npy(file).values, values);
}

// The format by its definition (NEP 1): magic, version 1.0, length of the header, a header that ends in a
// line break so that the data begins at a multiple of 64.
TEST_F(Npy, WritesTheFormatThatNumPyDefines) {
  write_npy(file, std::vector<float>{1, 2}, {1, 2});
  std::ifstream in(file, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), {}};

  EXPECT_EQ(content.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t length =
      static_cast<unsigned char>(content[8]) + 256U * static_cast<unsigned char>(content[9]);
  EXPECT_EQ((10 + length) % 64, 0U);
  EXPECT_EQ(content[9 + length], '\n');
  EXPECT_THAT(content, HasSubstr("{'descr': '<f4', 'fortran_order': False, 'shape': (1,2,), }"));
  EXPECT_EQ(content.substr(10 + length), bytes_of({1, 2}));
}

TEST_F(Npy, WritesIntegersAsSuch) {
  write_npy(file, std::vector<std::int32_t>{1, -1}, {2});

  EXPECT_THAT(refusal(file), HasSubstr("another type"));
  EXPECT_EQ(std::filesystem::file_size(file) % 64, 8U);
}

TEST_F(Npy, ReadsDoublesBytesAndTheSecondVersion) {
  const double real[] = {0.5, -3};
  EXPECT_THAT(read_npy(file_with("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n",
                                 std::string(reinterpret_cast<const char*>(real), sizeof real)))
                  .values,
              ElementsAre(0.5F, -3.0F));
  EXPECT_THAT(
      read_npy(file_with("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 1), }\n", "\x01\x80\xff"))
          .values,
      ElementsAre(1, 128, 255));
  EXPECT_THAT(
      read_npy(file_with("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n", bytes_of({9}), 2))
          .values,
      ElementsAre(9));
}

TEST_F(Npy, RefusesWhatItCannotRead) {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
  EXPECT_THAT(refusal(folder.path() / "missing.npy"), HasSubstr("No such file"));
  EXPECT_THAT(refusal(folder.path()), HasSubstr("is a folder"));
  EXPECT_THAT(refusal(raw_file("")), HasSubstr("is not a .npy file"));
  EXPECT_THAT(refusal(raw_file("PK\x03\x04 an archive of arrays")), HasSubstr("is not a .npy file"));
  EXPECT_THAT(refusal(raw_file("\x93NUM")), HasSubstr("is not a .npy file"));
  EXPECT_THAT(refusal(raw_file(std::string("\x93NUMPY\x01\x00", 8))), HasSubstr("broken header"));
  EXPECT_THAT(refusal(raw_file(std::string("\x93NUMPY\x01\x00\xff\xff{'descr'", 18))),
              HasSubstr("broken header"));
  EXPECT_THAT(refusal(file_with(good, bytes_of({1}))), HasSubstr("shorter than its shape"));
  EXPECT_THAT(refusal(file_with(good)), HasSubstr("shorter than its shape"));
  EXPECT_THAT(
      refusal(file_with("{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }\n", bytes_of({1, 2}))),
      HasSubstr("Fortran order"));
  EXPECT_THAT(
      refusal(file_with("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", bytes_of({1, 2}))),
      HasSubstr("another type"));
}

TEST_F(Npy, RefusesShapesThatCannotBe) {
  const auto with_shape = [&](const std::string& shape) {
    return refusal(file_with("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n"));
  };
  EXPECT_THAT(with_shape("(1000000000, 1000000000, 1000000000)"), HasSubstr("too large"));
  EXPECT_THAT(with_shape("(99999999999999999999999,)"), HasSubstr("too large"));
  EXPECT_THAT(with_shape("(1000000000,)"), HasSubstr("shorter than its shape"));
  EXPECT_THAT(with_shape("(-1,)"), HasSubstr("has no shape"));
  EXPECT_THAT(with_shape("(2.5,)"), HasSubstr("has no shape"));
  EXPECT_THAT(with_shape("2"), HasSubstr("has no shape"));
  EXPECT_THAT(with_shape("(2"), HasSubstr("has no shape"));
  EXPECT_THAT(with_shape("(" + std::string(60'000, ' ')), HasSubstr("has no shape"));
  EXPECT_THAT(refusal(file_with("{'descr': '<f4', 'fortran_order': False}")), HasSubstr("has no shape"));
}

TEST_F(Npy, SaysWhyItCannotWrite) {
  try {
    write_npy(folder.path() / "no" / "such.npy", std::vector<float>{1}, {1});
    FAIL() << "wrote into a folder that is not there";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot write: No such file or directory"));
  }
}

}  // namespace
}  // namespace cnnbench

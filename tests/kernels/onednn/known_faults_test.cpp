// Which versions of the library are wrong, and that kernels/onednn/known_faults.cpp says so.
#include "kernels/onednn/known_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

namespace cnnbench::onednn {
namespace {

struct Outcome {
  std::string implementation;
  std::int64_t wrong = 0;  ///< elements
};

/// The whole of it, with nothing but the library: rows × 16 plain numbers into blocks of 16 columns × 64
/// rows, by the library's first choice. Element (r, c) belongs at ((r / 64) · 16 + c) · 64 + r % 64.
Outcome reorder(std::int64_t rows) {
  using dnnl::memory;
  const std::int64_t columns = 16;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const memory::desc plain({rows, columns}, memory::data_type::f32, memory::format_tag::ab);
  const memory::desc blocked({rows, columns}, memory::data_type::f32, memory::format_tag::AB16b64a);
  std::vector<float> source(static_cast<std::size_t>(rows * columns));
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<float>(i + 1);
  std::vector<float> copy(blocked.get_size() / sizeof(float), -1.0F);
  memory from(plain, engine, source.data());
  memory to(blocked, engine, copy.data());
  const dnnl::reorder::primitive_desc desc(engine, plain, engine, blocked);
  dnnl::reorder(desc).execute(stream, from, to);
  stream.wait();

  Outcome outcome{desc.impl_info_str(), 0};
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      if (copy[static_cast<std::size_t>(((r / 64) * columns + c) * 64 + r % 64)] !=
          source[static_cast<std::size_t>(r * columns + c)])
        ++outcome.wrong;
  return outcome;
}

TEST(KnownFaults, AreThoseThatABareProgramShows) {
  const dnnl::version_t& version = *dnnl::version();
  const std::vector<KnownFault> known = known_faults_here();
  for (const std::int64_t rows : {40, 104, 1000, 1001}) {
    const Outcome outcome = reorder(rows);
    const bool listed = std::any_of(known.begin(), known.end(), [&](const KnownFault& fault) {
      return fault.implementation == outcome.implementation;
    });
    std::cout << "oneDNN " << version.major << '.' << version.minor << '.' << version.patch << ", " << rows
              << " rows, " << outcome.implementation << ": "
              << (outcome.wrong > 0 ? "affected, " + std::to_string(outcome.wrong) + " elements lost"
                                    : std::string("not affected"))
              << (listed ? " (known)" : "") << '\n';
    if (outcome.wrong > 0) {
      EXPECT_TRUE(listed) << "a version that known_faults.cpp does not name is wrong: add it there";
    } else {
      EXPECT_FALSE(listed) << "known_faults.cpp says that this version is wrong, and it is right";
    }
  }
}

TEST(KnownFaults, AreWarnedOfWithTheVersionAndWhereTheyAreReported) {
  const std::vector<std::string> warnings = known_fault_warnings();

  EXPECT_EQ(warnings.size(), known_faults_here().size());
  for (const std::string& warning : warnings)
    EXPECT_THAT(warning, ::testing::AllOf(::testing::StartsWith("oneDNN "), ::testing::HasSubstr("issue")));
}

TEST(KnownFaults, LeaveOutWholeBlocksWhichAllVersionsGetRight) {
  EXPECT_EQ(reorder(64).wrong, 0);
}

}  // namespace
}  // namespace cnnbench::onednn

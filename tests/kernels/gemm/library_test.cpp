// Several libraries in one process, each with its own functions; and one that is not there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include "harness/backend/choice.h"
#include "harness/backend/random.h"
#include "kernels/gemm/library.h"
#include "kernels/gemm/shared_object.h"
#include "kernels/gemm/vector_width.h"
#include "tests/kernels/chains.h"

namespace cnnbench::gemm {
namespace {

using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

/// All that are there, open at a time.
std::vector<std::unique_ptr<Library>> libraries() {
  std::vector<std::unique_ptr<Library>> open;
  for (const Offer& offer : offers())
    if (offer.missing().empty()) open.push_back(offer.open());
  return open;
}

struct Product {
  bool transposed_a;
  bool transposed_b;
  float beta;
  std::vector<float> expected;
};

TEST(Libraries, MultiplyRowMajorMatricesInPartsOfLargerOnes) {
  // A is 2×3 and B is 3×2, as they are or transposed, each with a column that does not belong to it.
  const std::vector<float> a{1, 2, 3, 99, 4, 5, 6, 99};
  const std::vector<float> a_transposed{1, 4, 99, 2, 5, 99, 3, 6, 99};
  const std::vector<float> b{7, 8, 99, 9, 10, 99, 11, 12, 99};
  const std::vector<float> b_transposed{7, 9, 11, 99, 8, 10, 12, 99};
  const std::vector<float> product{58, 64, -1, 139, 154, -1};
  const std::vector<float> added{57, 63, -1, 138, 153, -1};  // to a matrix of -1
  for (const auto& library : libraries())
    for (const Product& p : {Product{false, false, 0, product}, Product{true, false, 0, product},
                             Product{false, true, 0, product}, Product{true, true, 0, product},
                             Product{false, false, 1, added}, Product{false, true, 1, added}}) {
      const Matrix left{p.transposed_a ? a_transposed.data() : a.data(), p.transposed_a ? 3 : 4,
                        p.transposed_a};
      const Matrix right{p.transposed_b ? b_transposed.data() : b.data(), p.transposed_b ? 4 : 3,
                         p.transposed_b};
      std::vector<float> c(6, -1.0F);

      library->multiply(2, 2, 3, left, right, p.beta, c.data(), 3);

      EXPECT_EQ(c, p.expected) << library->version() << " " << library->kernel() << " " << p.transposed_a
                               << p.transposed_b << p.beta;
    }
}

TEST(Libraries, AgreeWithEachOtherInOneProcess) {
  constexpr std::int64_t m = 130;
  constexpr std::int64_t n = 257;
  constexpr std::int64_t k = 300;
  std::vector<float> a(m * k);
  std::vector<float> b(k * n);
  fill_normal(a, 1, 1, 0, 1);
  fill_normal(b, 1, 2, 0, 1);
  std::vector<std::vector<float>> results;
  const auto all = libraries();
  for (int round = 0; round < 2; ++round)  // the second after all others have run
    for (const auto& library : all) {
      library->set_threads(2);
      std::vector<float> c(m * n);
      library->multiply(m, n, k, {a.data(), k}, {b.data(), n}, 0, c.data(), n);
      results.push_back(std::move(c));
    }

  // Sums of 300 products of size 1: far from each other where one of them is wrong.
  for (const std::vector<float>& result : results)
    EXPECT_THAT(result, Pointwise(FloatNear(1e-3F), results.front()));
}

TEST(Libraries, SayWhatTheyAreAndHowTheyThread) {
  for (const BackendChoice& choice : backend_choices()) {
    if (!choice.name.starts_with("gemm:") || !choice.missing.empty()) continue;
    const Backend& backend = *find_backend(choice.name);

    EXPECT_EQ(backend.name(), choice.name);
    EXPECT_THAT(backend.version(), ::testing::MatchesRegex("[0-9]+\\.[0-9]+.*")) << choice.name;
    ASSERT_GE(backend.facts().size(), 2U);
    EXPECT_EQ(backend.facts()[0].first, "threading");
    EXPECT_EQ(backend.facts()[1].first, "library");
    for (const auto& [key, value] : backend.facts()) EXPECT_NE(value, "") << choice.name << " " << key;
  }
}

// What runs is named in a table: a long name would be cut.
TEST(Libraries, GiveEveryOperationAShortName) {
  const Network network = small_vgg();
  for (const BackendChoice& choice : backend_choices()) {
    if (!choice.name.starts_with("gemm:") || !choice.missing.empty()) continue;
    const auto program = find_backend(choice.name)->prepare(network.model(), {Pass::train, 2, 1, 1});
    for (const Operation& operation : program->operations()) {
      EXPECT_FALSE(operation.implementation.empty());
      EXPECT_LE(operation.implementation.size(), 30U) << operation.implementation;
    }
  }
}

TEST(SharedObject, IsNotFoundWhereNoCandidateIsThere) {
  const std::vector<std::string> candidates{"no-such-folder/libnone.so.1", "libcnnbench-none.so.1"};

  EXPECT_EQ(SharedObject::find(candidates), "");
  EXPECT_THROW(SharedObject{candidates}, std::runtime_error);
}

TEST(SharedObject, NamesThePackageOfALibraryThatIsNotThere) {
  EXPECT_EQ(SharedObject::missing({"no-such-folder/libnone.so.1", "libcnnbench-none.so.1"}, "libnone1"),
            "libnone.so.1 is not there: install libnone1");
  EXPECT_EQ(SharedObject::missing({"libcnnbench-none.so.1", "libc.so.6"}, "libc6"), "");
}

TEST(SharedObject, TakesTheFirstCandidateThatIsThere) {
  const SharedObject object({"libcnnbench-none.so.1", "libm.so.6", "libc.so.6"});

  EXPECT_THAT(object.file(), HasSubstr("libm"));
  EXPECT_NE(object.optional<double(double)>("cos"), nullptr);
  EXPECT_EQ(object.optional<void()>("cnnbench_no_such_function"), nullptr);
  EXPECT_THROW(object.function<void()>("cnnbench_no_such_function"), std::runtime_error);
}

TEST(Libraries, WarnExactlyWhereTheirKernelsAreOlderThanTheCpu) {
  const auto expect_warning = [](const Offer& offer, Vectors (*vectors_of)(const std::string&)) {
    if (!offer.missing().empty()) return;
    const auto library = offer.open();
    const bool older = vectors_of(library->kernel()) < vectors_of_cpu();
    EXPECT_EQ(library->warnings().size(), older ? 1U : 0U) << offer.name << " " << library->kernel();
    for (const std::string& warning : library->warnings())
      EXPECT_THAT(warning, HasSubstr("gemm:" + offer.name + " runs kernels for " + library->kernel()));
  };
  expect_warning(offers().at(0), vectors_of_openblas_core);
  expect_warning(offers().at(1), vectors_of_blis_architecture);
}

}  // namespace
}  // namespace cnnbench::gemm

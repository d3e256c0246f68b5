// Copies between layouts are compared with what went in, and another implementation takes the place of a
// wrong one.
#include "kernels/onednn/reorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "harness/backend/choice.h"
#include "harness/measure/verification.h"
#include "tests/kernels/chains.h"

namespace cnnbench::onednn {
namespace {

using dnnl::memory;

std::vector<float> numbers(std::int64_t count) {
  std::vector<float> list(static_cast<std::size_t>(count));
  std::iota(list.begin(), list.end(), 1.0F);
  return list;
}

class Reorders : public ::testing::Test {
 protected:
  ~Reorders() override { spoil_reorder() = {}; }

  /// From now on what these implementations copy has a 0 in place of its first element.
  static void spoil(std::vector<std::string> implementations) {
    spoil_reorder() = [implementations](const std::string& name, const memory& copy) {
      if (std::find(implementations.begin(), implementations.end(), name) != implementations.end())
        *static_cast<float*>(copy.get_data_handle()) = 0;
    };
  }

  memory::desc desc(const memory::dims& dims, memory::format_tag tag) const {
    return {dims, memory::data_type::f32, tag};
  }

  /// The copy of plain numbers in another layout.
  std::vector<float> copy(Reorder& reorder, const memory::desc& from, const memory::desc& to) {
    std::vector<float> source = numbers(static_cast<std::int64_t>(from.get_size() / sizeof(float)));
    std::vector<float> result(to.get_size() / sizeof(float), -1.0F);
    const memory source_memory(from, engine, source.data());
    const memory result_memory(to, engine, result.data());
    reorder.run(stream, source_memory, result_memory);
    return result;
  }

  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
};

// By hand: 3 channels of 1×2 pixels in blocks of 8 channels.
TEST_F(Reorders, PlainWalkFillsBlocksAndTheirPadding) {
  const memory::desc plain = desc({1, 3, 1, 2}, memory::format_tag::nchw);
  const memory::desc blocked = desc({1, 3, 1, 2}, memory::format_tag::nChw8c);
  const std::vector<float> source = numbers(6);
  std::vector<float> result(16, -1.0F);

  onednn::copy(*places_of(plain), source.data(), *places_of(blocked), result.data());

  EXPECT_EQ(result, (std::vector<float>{1, 3, 5, 0, 0, 0, 0, 0, 2, 4, 6, 0, 0, 0, 0, 0}));
  EXPECT_EQ(compare(*places_of(plain), source.data(), *places_of(blocked), result.data()).wrong, 0);
  result[2] = 0;
  result[11] = 1;  // padding
  const Comparison found = compare(*places_of(plain), source.data(), *places_of(blocked), result.data());
  EXPECT_EQ(found.wrong, 2);
  EXPECT_EQ(found.first, "element 4: found 0, expected 5");
}

TEST_F(Reorders, LayoutsAreNamedAsTheLibraryNamesThem) {
  EXPECT_EQ(layout_name(desc({4, 4}, memory::format_tag::ab)), "ab");
  EXPECT_EQ(layout_name(desc({128, 128}, memory::format_tag::AB16b64a)), "AB16b64a");
  EXPECT_EQ(layout_name(desc({64, 64, 3, 3}, memory::format_tag::ABcd16b16a)), "ABcd16b16a");
  EXPECT_EQ(layout_name(desc({2, 16, 4, 4}, memory::format_tag::nhwc)), "acdb");
}

// The library and our own walk through a tensor are two ways that know nothing of each other.
TEST_F(Reorders, AgreeWithPlainWalkInEveryLayout) {
  using enum memory::format_tag;
  const memory::dims dims{35, 21, 3, 2};
  for (const memory::format_tag tag :
       {abcd, acdb, cdba, ABcd16b16a, ABcd8b8a, ABcd16a16b, aBcd16b, Acdb16a, Abcd8a, aBcd8b}) {
    for (const bool back : {false, true}) {
      const memory::desc from = desc(dims, back ? tag : abcd);
      const memory::desc to = desc(dims, back ? abcd : tag);
      std::vector<float> source(from.get_size() / sizeof(float));
      onednn::copy(*places_of(desc(dims, abcd)), numbers(35 * 21 * 6).data(), *places_of(from),
                   source.data());
      std::vector<float> expected(to.get_size() / sizeof(float), -1.0F);
      onednn::copy(*places_of(from), source.data(), *places_of(to), expected.data());
      std::vector<float> found(expected.size(), -1.0F);
      Reorder reorder(engine, from, to);
      const memory source_memory(from, engine, source.data());
      reorder.run(stream, source_memory, memory(to, engine, found.data()));
      EXPECT_EQ(found, expected) << layout_name(from) << " to " << layout_name(to);
    }
  }
}

TEST_F(Reorders, CopyRightWhereTheLibraryIsKnownToBeWrong) {
  for (const std::int64_t rows : {40, 104, 1000, 1001})
    for (const memory::format_tag tag :
         {memory::format_tag::AB16b64a, memory::format_tag::AB16b32a, memory::format_tag::AB16b16a}) {
      const memory::desc plain = desc({rows, 50}, memory::format_tag::ab);
      const memory::desc blocked = desc({rows, 50}, tag);
      Reorder reorder(engine, plain, blocked);
      const std::vector<float> result = copy(reorder, plain, blocked);
      EXPECT_EQ(
          compare(*places_of(plain), numbers(rows * 50).data(), *places_of(blocked), result.data()).wrong, 0)
          << rows << " rows to " << layout_name(blocked) << " by " << reorder.implementation();
    }
}

TEST_F(Reorders, TakeAnotherImplementationInPlaceOfAWrongOneAndTellBoth) {
  const memory::desc plain = desc({24, 16}, memory::format_tag::ab);
  const memory::desc blocked = desc({24, 16}, memory::format_tag::AB16b16a);
  Reorder reorder(engine, plain, blocked);
  const std::string first = reorder.implementation();
  spoil({first});

  EXPECT_EQ(copy(reorder, plain, blocked)[0], 1);

  EXPECT_NE(reorder.implementation(), first);
  ASSERT_EQ(reorder.wrong().size(), 1U);
  EXPECT_EQ(reorder.wrong()[0].implementation, first);
  EXPECT_EQ(reorder.wrong()[0].taken, reorder.implementation());
  EXPECT_EQ(reorder.wrong()[0].message,
            "1 of 384 elements came out wrong, the first: element 0: found 0, expected 1");
  // The process remembers.
  EXPECT_EQ(Reorder(engine, plain, blocked).implementation(), reorder.implementation());
}

TEST_F(Reorders, AreOurOwnLoopWhereNoImplementationIsRight) {
  const memory::desc plain = desc({25, 16}, memory::format_tag::ab);
  const memory::desc blocked = desc({25, 16}, memory::format_tag::AB16b16a);
  spoil_reorder() = [](const std::string&, const memory& copy) {
    *static_cast<float*>(copy.get_data_handle()) = 0;
  };
  Reorder reorder(engine, plain, blocked);

  EXPECT_EQ(copy(reorder, plain, blocked)[0], 1);

  EXPECT_EQ(reorder.implementation(), plain_walk);
  EXPECT_FALSE(reorder.primitive());
}

// Zeros are what a wrong copy leaves: where the source has many, nothing is proved.
TEST_F(Reorders, AreComparedAgainUntilTheDataCouldTell) {
  const memory::desc plain = desc({26, 16}, memory::format_tag::ab);
  const memory::desc blocked = desc({26, 16}, memory::format_tag::AB16b16a);
  Reorder reorder(engine, plain, blocked);
  const std::string first = reorder.implementation();
  spoil({first});
  std::vector<float> zeros(26 * 16);
  std::vector<float> result(blocked.get_size() / sizeof(float));
  reorder.run(stream, memory(plain, engine, zeros.data()), memory(blocked, engine, result.data()));
  EXPECT_EQ(reorder.implementation(), first);

  EXPECT_EQ(copy(reorder, plain, blocked)[0], 1);

  EXPECT_NE(reorder.implementation(), first);
}

/// Parameters, images, steps: a whole program whose library copies nothing right.
TEST_F(Reorders, OfAProgramAreReplacedAndNamed) {
  const Network network = small_vgg();
  const Model model = network.model();
  for (const Pass pass : {Pass::forward, Pass::train}) {
    const PrepareOptions options{pass, network.batch, 1, 5};
    spoil_reorder() = [](const std::string&, const memory& copy) {
      *static_cast<float*>(copy.get_data_handle()) += 1;
    };
    const std::unique_ptr<Program> program = find_backend("onednn")->prepare(model, options);

    for (const Check& check : verify(*program, model, options, *find_backend("reference")->oracle()))
      EXPECT_TRUE(check.passed) << check.layer << " " << tensor_name(check.tensor) << ", " << check.message;
    const std::vector<Replacement> found = program->replacements();
    ASSERT_FALSE(found.empty());
    for (const Replacement& each : found) {
      EXPECT_THAT(each.operation, ::testing::HasSubstr("copy of its "));
      EXPECT_NE(each.implementation, each.taken);
    }
  }
}

}  // namespace
}  // namespace cnnbench::onednn

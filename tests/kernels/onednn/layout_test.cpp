#include "kernels/onednn/layout.h"

#include <gtest/gtest.h>

namespace cnnbench::onednn {
namespace {

using dnnl::memory;

memory::desc desc(memory::format_tag tag) {
  return memory::desc({4, 32, 6, 7}, memory::data_type::f32, tag);
}

TEST(Layout, HasTheLibrarysName) {
  EXPECT_EQ(layout_name(desc(memory::format_tag::nchw)), "abcd");
  EXPECT_EQ(layout_name(desc(memory::format_tag::nhwc)), "acdb");
  EXPECT_EQ(layout_name(desc(memory::format_tag::nChw16c)), "aBcd16b");
  EXPECT_EQ(layout_name(desc(memory::format_tag::OIhw8i16o2i)), "ABcd8b16a2b");
  EXPECT_EQ(layout_name(desc(memory::format_tag::any)), "opaque");
}

TEST(Layout, OfWhatIsReadAndWrittenNamesEachOnce) {
  const memory::desc plain = desc(memory::format_tag::nchw);
  const memory::desc blocked = desc(memory::format_tag::nChw16c);
  EXPECT_EQ(layouts_of({plain}, {blocked}), "abcd → aBcd16b");
  EXPECT_EQ(layouts_of({plain, blocked, plain}, {plain}), "abcd, aBcd16b → abcd");
  EXPECT_EQ(layouts_of({blocked, blocked}, {blocked}), "aBcd16b");
}

}  // namespace
}  // namespace cnnbench::onednn

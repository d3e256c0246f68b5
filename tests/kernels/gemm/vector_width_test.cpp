#include "kernels/gemm/vector_width.h"

#include <gtest/gtest.h>

namespace cnnbench::gemm {
namespace {

TEST(OlderKernels, AreNamedWhereTheCpuOffersMore) {
  EXPECT_EQ(older_kernels("gemm:openblas", "Haswell", vectors_of_openblas_core("Haswell"), Vectors::avx512,
                          "OPENBLAS_CORETYPE=SkylakeX mends it"),
            "gemm:openblas runs kernels for Haswell (AVX2) on a CPU with AVX-512: "
            "OPENBLAS_CORETYPE=SkylakeX mends it");
  EXPECT_NE(
      older_kernels("gemm:openblas", "Prescott", vectors_of_openblas_core("Prescott"), Vectors::avx, ""), "");
}

TEST(OlderKernels, AreNotNamedWhereTheKernelsUseAllThatTheCpuOffers) {
  EXPECT_EQ(older_kernels("gemm:openblas", "Zen", vectors_of_openblas_core("Zen"), Vectors::avx2, ""), "");
  EXPECT_EQ(older_kernels("gemm:blis", "skx", vectors_of_blis_architecture("skx"), Vectors::avx512, ""), "");
}

TEST(OlderKernels, AreNotThoseOfANameThatNobodyKnowsYet) {
  EXPECT_EQ(vectors_of_openblas_core("SapphireRapids"), Vectors::avx512);
  EXPECT_EQ(vectors_of_blis_architecture("zen5"), Vectors::avx512);
  EXPECT_EQ(
      older_kernels("gemm:openblas", "NeoverseN1", vectors_of_openblas_core("NeoverseN1"), Vectors::sse, ""),
      "");
}

TEST(OlderKernels, OfBlisFollowItsConfigurations) {
  EXPECT_EQ(vectors_of_blis_architecture("generic"), Vectors::sse);
  EXPECT_EQ(vectors_of_blis_architecture("bulldozer"), Vectors::avx);
  EXPECT_EQ(vectors_of_blis_architecture("zen3"), Vectors::avx2);
}

}  // namespace
}  // namespace cnnbench::gemm

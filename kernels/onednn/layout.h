#pragma once

#include <cstdint>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

namespace cnnbench::onednn {

/// A layout by the library's name for it (its format tags): the dimensions from the outermost to the
/// innermost, a for the first one, in capitals where they are split, then the blocks: "acdb" for NHWC,
/// "aBcd16b" for blocks of 16 channels. "opaque" for what has no such name.
std::string layout_name(const dnnl::memory::desc& desc);

/// "acdb → aBcd16b": what an operation reads and what it writes, each name once; "acdb" where it is all
/// alike.
std::string layouts_of(const std::vector<dnnl::memory::desc>& reads,
                       const std::vector<dnnl::memory::desc>& writes);

/// Channels a block in the layout that the library and kernels/winograd share, which the library has kernels
/// for on this CPU: 8, or 16 with AVX-512. (Its own first choice is another one, channels last, for some
/// primitives and in 3.x.)
std::int64_t channel_block();

/// That layout.
dnnl::memory::desc blocked_desc(const dnnl::memory::dims& dims);

}  // namespace cnnbench::onednn

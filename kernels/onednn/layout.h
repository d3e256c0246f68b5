#pragma once

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

}  // namespace cnnbench::onednn

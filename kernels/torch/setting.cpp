#include "kernels/torch/setting.h"

namespace cnnbench::torch {

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all{{"nchw", Layout::plain, false},
                                        {"channels_last", Layout::channels_last, false},
                                        {"packed", Layout::channels_last, true},
                                        {"mkldnn", Layout::opaque, true}};
  return all;
}

std::vector<Setting> settings_for(Pass pass) {
  std::vector<Setting> result;
  for (const Setting& setting : settings())
    if (pass == Pass::forward || !setting.packed) result.push_back(setting);
  return result;
}

}  // namespace cnnbench::torch

#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "kernels/winograd/shape.h"

namespace cnnbench::winograd {

struct NamedShape {
  std::string name;
  Shape shape;
};

inline void PrintTo(const NamedShape& named, std::ostream* out) {
  *out << named.name;
}

/// Ragged tiles, paddings on every side from -9 to 7, 1 to 70 channels (and more than the multiplication
/// takes at once), batches of 1 to 5. A shape is {batch, channels in and out, height and width in, height and
/// width out, padding top and left}.
inline std::vector<NamedShape> shapes() {
  return {
      {"one_whole_tile", {1, 8, 8, 6, 6, 4, 4, 0, 0}},
      {"one_pixel", {1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {"padding_0", {1, 16, 17, 13, 10, 11, 8, 0, 0}},
      {"padding_1", {2, 3, 8, 7, 9, 7, 9, 1, 1}},
      {"padding_2", {3, 15, 16, 8, 5, 10, 7, 2, 2}},
      {"padding_1_of_whole_tiles", {1, 64, 64, 12, 12, 12, 12, 1, 1}},
      {"padding_1_of_70_channels", {1, 70, 70, 9, 11, 9, 11, 1, 1}},
      {"padding_above", {4, 8, 33, 9, 9, 9, 7, 2, 0}},
      {"padding_below", {2, 33, 8, 9, 9, 9, 7, 0, 0}},
      {"padding_left", {1, 16, 15, 6, 10, 4, 10, 0, 2}},
      {"padding_right", {1, 15, 16, 6, 10, 4, 10, 0, 0}},
      {"padding_1_and_2", {2, 17, 3, 5, 6, 5, 8, 1, 2}},
      {"padding_deeper_than_a_tile", {2, 3, 3, 5, 5, 15, 16, 7, 6}},
      {"crop", {2, 17, 15, 12, 11, 8, 7, -1, -1}},
      {"crop_above", {1, 33, 3, 14, 9, 6, 7, -3, 0}},
      {"crop_left", {1, 3, 33, 9, 14, 7, 6, 0, -3}},
      {"crop_to_a_pixel", {2, 8, 8, 20, 20, 1, 1, -9, -9}},
      {"crop_above_padding_left", {1, 8, 16, 11, 6, 7, 9, -2, 2}},
      {"many_inputs", {5, 70, 1, 6, 6, 6, 6, 1, 1}},
      {"many_outputs", {5, 1, 70, 5, 7, 5, 7, 1, 1}},
      {"panels_of_inputs", {1, 265, 9, 5, 7, 5, 7, 1, 1}},
      {"panels_of_outputs", {1, 9, 265, 7, 5, 7, 5, 1, 1}},
      {"a_column", {2, 5, 7, 17, 1, 17, 1, 1, 1}},
      {"a_row", {2, 7, 5, 1, 18, 1, 18, 1, 1}},
      {"blocks_a_thread", {5, 9, 17, 46, 50, 46, 50, 1, 1}},
      {"blocks_of_one_image", {1, 16, 8, 100, 104, 102, 106, 2, 2}},
  };
}

/// Few enough tiles for six threads to share blocks of them, and more than one such block.
inline Shape several_shared_blocks(int tile_size) {
  return tile_size == 1 ? Shape{3, 16, 9, 37, 38, 37, 38, 1, 1, 1} : Shape{3, 16, 9, 55, 56, 55, 56, 1, 1, 2};
}

}  // namespace cnnbench::winograd

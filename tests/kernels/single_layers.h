#pragma once

#include <vector>

#include "tests/kernels/networks.h"

namespace cnnbench {

/// Every kind of layer alone, with the gradient of its input, in the sizes and variants that implementations
/// treat differently.
inline std::vector<Network> single_layers() {
  using enum Activation;
  using enum PaddingRule;
  const Border keep = Border::keep;
  const LayerKind lrn = LocalResponseNormalization{};
  const LayerKind batch_norm = BatchNormalization{};
  std::vector<Network> list{
      {"conv_1_to_1", {1, 5, 5}, {conv(1)}, 1},
      {"conv_3_to_5", {3, 9, 7}, {conv(5)}, 5},
      {"conv_5_to_17", {5, 8, 6}, {conv(17)}},
      {"conv_17_to_33", {17, 6, 6}, {conv(33)}},
      {"conv_33_to_3", {33, 5, 7}, {conv(3)}, 1},
      {"conv_16_to_32", {16, 8, 8}, {conv(32, {3, 3}, same)}},
      {"conv_same", {3, 7, 7}, {conv(17, {3, 3}, same)}},
      {"conv_same_even_kernel", {5, 7, 6}, {conv(3, {2, 4}, same)}},
      {"conv_same_stride_2", {3, 9, 8}, {strided(conv(5, {3, 3}, same), {2, 2})}},
      {"conv_full", {3, 6, 6}, {conv(17, {5, 5}, full)}},
      {"conv_full_cropped", {3, 9, 9}, {cropped(conv(5, {5, 5}, full), 2)}},
      {"conv_full_cropped_asymmetric", {3, 10, 9}, {cropped(conv(17, {7, 5}, {2, 2}, {6, 4}), 1)}},
      {"conv_non_square_kernel", {3, 9, 7}, {conv(5, {1, 3})}},
      {"conv_tall_kernel", {17, 9, 5}, {conv(5, {7, 1})}},
      {"conv_non_square_stride", {3, 11, 9}, {conv(17, {3, 3}, {2, 3}, {})}},
      {"conv_non_square_padding", {5, 6, 8}, {conv(17, {3, 5}, {1, 1}, {0, 2})}},
      {"conv_stride_over_kernel", {3, 9, 9}, {conv(5, {2, 2}, {3, 3}, {})}},
      {"conv_ragged_stride", {3, 10, 12}, {conv(5, {3, 3}, {4, 4}, {1, 1})}},
      {"conv_stride_4_kernel_11", {3, 31, 31}, {conv(17, {11, 11}, {4, 4}, {})}, 1},
      {"conv_1x1", {17, 5, 5}, {conv(33, {1, 1})}},
      {"conv_1x1_stride_2", {17, 5, 7}, {conv(5, {1, 1}, {2, 2}, {})}},
      {"conv_whole_image", {17, 5, 5}, {conv(33, {5, 5})}, 5},
      {"conv_of_a_pixel", {33, 1, 1}, {conv(17, {1, 1})}, 5},
      {"conv_without_bias", {3, 6, 6}, {unbiased(conv(17))}},
      {"conv_groups", {6, 7, 7}, {grouped(conv(9), 3)}},
      {"conv_groups_of_16", {32, 6, 6}, {grouped(conv(32, {3, 3}, same), 2)}},
      {"conv_depthwise", {17, 7, 7}, {grouped(conv(17, {3, 3}, same), 17)}},
      {"conv_depthwise_stride", {5, 9, 9}, {grouped(conv(5, {3, 3}, {2, 2}, {1, 1}), 5)}},
      {"conv_depthwise_multiplied", {5, 6, 6}, {grouped(conv(10), 5)}},
      {"conv_groups_unbiased_relu", {6, 6, 6}, {with(unbiased(grouped(conv(4), 2)), relu)}},
      {"conv_relu", {3, 7, 7}, {with(conv(17), relu)}},
      {"conv_tanh", {3, 7, 7}, {with(conv(17), tanh)}},
      {"conv_sigmoid", {3, 7, 7}, {with(conv(17), sigmoid)}},
      {"conv_sigmoid_groups", {6, 7, 7}, {with(grouped(conv(6), 3), sigmoid)}},
      {"conv_relu_unbiased", {16, 7, 7}, {with(unbiased(conv(16)), relu)}},
      {"max_pool", {17, 6, 8}, {max_pool({2, 2}, {2, 2})}},
      {"max_pool_dropped", {3, 7, 9}, {max_pool({2, 2}, {2, 2})}},
      {"max_pool_kept", {17, 7, 8}, {max_pool({3, 3}, {3, 3}, {}, keep)}},
      {"max_pool_padded", {5, 7, 7}, {max_pool({3, 3}, {2, 2}, {1, 1})}},
      {"max_pool_padded_kept", {5, 8, 8}, {max_pool({3, 3}, {2, 2}, {1, 1}, keep)}},
      {"max_pool_overlapping", {17, 9, 9}, {max_pool({3, 3}, {1, 2})}},
      {"max_pool_of_the_image", {33, 5, 3}, {max_pool({5, 3}, {5, 3})}, 5},
      {"max_pool_with_gaps", {3, 9, 9}, {max_pool({2, 2}, {3, 3})}},
      {"max_pool_larger_than_the_image", {17, 2, 3}, {max_pool({3, 5}, {2, 3}, {}, keep)}},
      {"max_pool_larger_than_the_padded_image", {5, 2, 2}, {max_pool({5, 5}, {2, 2}, {1, 1}, keep)}},
      {"max_pool_larger_in_height", {3, 2, 9}, {max_pool({4, 3}, {3, 2}, {}, keep)}, 1},
      {"max_pool_last_window_in_the_padding", {3, 5, 5}, {max_pool({3, 3}, {3, 3}, {1, 1}, keep)}},
      {"avg_pool", {17, 6, 8}, {average_pool({2, 2}, {2, 2})}},
      {"avg_pool_dropped", {3, 7, 9}, {average_pool({2, 2}, {2, 2})}},
      {"avg_pool_kept", {17, 7, 8}, {average_pool({3, 3}, {3, 3}, {}, keep)}},
      {"avg_pool_padded", {5, 7, 7}, {average_pool({3, 3}, {2, 2}, {1, 1})}},
      {"avg_pool_padded_kept", {5, 8, 8}, {average_pool({3, 3}, {2, 2}, {1, 1}, keep)}},
      {"avg_pool_larger_than_the_image", {17, 2, 3}, {average_pool({3, 5}, {2, 3}, {}, keep)}},
      {"avg_pool_larger_than_the_padded_image", {5, 2, 2}, {average_pool({5, 5}, {2, 2}, {1, 1}, keep)}},
      {"avg_pool_last_window_in_the_padding", {3, 5, 5}, {average_pool({3, 3}, {3, 3}, {1, 1}, keep)}},
      {"avg_pool_overlapping", {17, 9, 7}, {average_pool({3, 2}, {1, 1})}},
      {"dense", {17, 1, 1}, {Dense{.units = 33}}, 5},
      {"dense_of_an_image", {3, 5, 7}, {Dense{.units = 17}}},
      {"dense_to_1", {5, 1, 1}, {Dense{.units = 1}}, 1},
      {"dense_without_bias", {33, 1, 1}, {Dense{.units = 3, .bias = false}}},
      {"dense_relu", {3, 4, 4}, {Dense{.units = 17, .activation = relu}}},
      {"dense_tanh", {17, 1, 1}, {Dense{.units = 5, .activation = tanh}}},
      {"dense_sigmoid", {17, 2, 1}, {Dense{.units = 3, .bias = false, .activation = sigmoid}}},
      {"relu", {17, 5, 3}, {ActivationLayer{relu}}},
      {"tanh", {5, 3, 3}, {ActivationLayer{tanh}}},
      {"sigmoid", {3, 5, 5}, {ActivationLayer{sigmoid}}, 1},
      {"dropout", {17, 5, 5}, {Dropout{0.5}}},
      {"dropout_kept_wholly", {5, 3, 3}, {Dropout{1.0}}},
      {"flatten", {5, 3, 3}, {Flatten{}}},
      {"softmax", {17, 1, 1}, {Softmax{}}, 5},
      {"softmax_of_an_image", {5, 3, 3}, {Softmax{}}},
      {"lrn", {17, 5, 5}, {lrn}},
      {"lrn_of_few_channels", {3, 5, 4}, {lrn}},
      {"lrn_of_a_vector", {33, 1, 1}, {lrn}},
      {"batch_norm", {17, 5, 5}, {batch_norm}},
      {"batch_norm_of_one_image", {3, 5, 4}, {batch_norm}, 1},
      {"batch_norm_of_vectors", {33, 1, 1}, {batch_norm}, 5},
      {"standardize", {3, 5, 5}, {Standardize{118.0, 61.0}}},
      {"conv_cross_entropy", {3, 5, 5}, {conv(5, {5, 5})}, 5, Loss::cross_entropy},
      {"conv_image_cross_entropy", {3, 5, 5}, {conv(17)}, 2, Loss::cross_entropy},
      {"dense_cross_entropy", {17, 1, 1}, {Dense{.units = 10}}, 5, Loss::cross_entropy},
  };
  for (Network& network : list) network.input_gradient = true;
  return list;
}

}  // namespace cnnbench

#pragma once

#include <vector>

#include "tests/kernels/networks.h"

namespace cnnbench {

/// LeNet in small: the activation after the pooling, in place.
inline Network small_lenet(Loss loss = Loss::cross_entropy) {
  const ActivationLayer tanh{Activation::tanh};
  return {"lenet",
          {1, 16, 16},
          {conv(6, {5, 5}), max_pool({2, 2}, {2, 2}), tanh, conv(16, {3, 3}), max_pool({2, 2}, {2, 2}), tanh,
           Flatten{}, Dense{.units = 33, .activation = Activation::tanh}, Dense{.units = 10}, Softmax{}},
          5,
          loss};
}

/// VGG in small: two blocks of 3×3 convolutions with fused ReLU, dense layers with dropout.
inline Network small_vgg(double keep = 0.5) {
  const auto block = [](std::int64_t filters) {
    return with(conv(filters, {3, 3}, PaddingRule::same), Activation::relu);
  };
  const Dense dense{.units = 64, .activation = Activation::relu};
  return {"vgg",
          {3, 12, 12},
          {block(16), block(16), max_pool({2, 2}, {2, 2}), block(32), block(32), max_pool({2, 2}, {2, 2}),
           Flatten{}, dense, Dropout{keep}, dense, Dropout{keep}, Dense{.units = 10}, Softmax{}}};
}

/// Layers that hand values on to each other: in place, flattened, in padded layouts, at the ends.
inline std::vector<Network> chains() {
  using enum Activation;
  const Pooling pool = max_pool({2, 2}, {2, 2});
  const Dense dense{.units = 5};
  const LayerKind lrn = LocalResponseNormalization{};
  const LayerKind batch_norm = BatchNormalization{};
  const Loss ce = Loss::cross_entropy;
  return {
      small_lenet(),
      {"lenet_l2", small_lenet().input, small_lenet().layers, 2},
      small_vgg(),
      {"vgg_without_dropout", small_vgg().input, small_vgg(1.0).layers, 1, ce},
      {"conv_conv", {3, 9, 9}, {with(conv(17), relu), with(conv(33), relu)}},
      {"conv_conv_tanh", {3, 9, 9}, {with(conv(5), tanh), with(conv(17), sigmoid)}},
      {"conv_conv_plain", {1, 9, 9}, {conv(3), conv(5), conv(17)}},
      {"conv_relu_layer_conv", {3, 9, 9}, {conv(17), ActivationLayer{relu}, conv(5)}},
      {"conv_fused_and_layer", {3, 7, 7}, {with(conv(17), tanh), ActivationLayer{relu}, dense}},
      {"conv_relu_max_pool", {3, 9, 9}, {with(conv(17), relu), pool, conv(5)}},
      {"conv_overlapping_pools", {3, 11, 11}, {with(conv(17), relu), max_pool({3, 3}, {2, 2}), dense}},
      {"conv_avg_pool_dense", {3, 8, 8}, {with(conv(17), relu), average_pool({2, 2}, {2, 2}), dense}},
      {"conv_pool_sigmoid", {3, 8, 8}, {conv(17), pool, ActivationLayer{sigmoid}, dense}},
      {"conv_pool_kept_relu",
       {3, 9, 9},
       {conv(17), max_pool({2, 2}, {2, 2}, {}, Border::keep), ActivationLayer{relu}, Flatten{}, dense}},
      {"conv_dropout_dense", {3, 7, 7}, {conv(17), Dropout{0.5}, dense}},
      {"conv_relu_dropout_dense", {3, 7, 7}, {with(conv(17), relu), Dropout{0.5}, dense}},
      {"conv_flatten_dense", {3, 7, 7}, {conv(17), Flatten{}, dense}},
      {"conv_relu_flatten_dense", {3, 7, 7}, {with(conv(17), relu), Flatten{}, dense}, 5},
      {"conv_dense_dense", {3, 7, 7}, {conv(17), dense, Dense{.units = 17, .activation = relu}}},
      {"conv_pixel_dense", {3, 5, 5}, {conv(17, {5, 5}), dense}},
      {"conv_pixel_flatten_dense", {3, 5, 5}, {with(conv(33, {5, 5}), relu), Flatten{}, dense}},
      {"flatten_softmax", {5, 3, 3}, {Flatten{}, Softmax{}}},
      {"conv_flatten_softmax", {3, 5, 5}, {conv(17), Flatten{}, Softmax{}}},
      {"conv_flatten_softmax_dense", {3, 5, 5}, {conv(17), Flatten{}, Softmax{}, dense}},
      {"conv_flatten_lrn", {3, 5, 5}, {conv(17), Flatten{}, lrn, dense}},
      {"conv_flatten_batch_norm", {3, 5, 5}, {conv(17), Flatten{}, batch_norm, dense}, 5},
      {"conv_flatten_relu_softmax", {3, 5, 5}, {conv(17), Flatten{}, ActivationLayer{relu}, Softmax{}}},
      {"conv_flatten_conv", {3, 5, 5}, {conv(17), Flatten{}, conv(5, {1, 1})}},
      {"conv_flatten_pool", {3, 5, 5}, {conv(17), Flatten{}, max_pool({1, 1}, {1, 1}), dense}},
      {"conv_flatten_at_the_end", {3, 5, 5}, {conv(17), Flatten{}}, 2, ce},
      {"flatten_dropout", {5, 3, 3}, {Flatten{}, Dropout{0.5}, dense, Softmax{}}, 2, ce},
      {"tanh_layer_dropout", {3, 5, 5}, {conv(17), ActivationLayer{tanh}, Dropout{0.5}, dense}},
      {"fused_sigmoid_dropout", {3, 5, 5}, {with(conv(17), sigmoid), Dropout{0.5}, dense}},
      {"tanh_layer_standardize", {3, 5, 5}, {conv(17), ActivationLayer{tanh}, Standardize{0.5, 2.0}, dense}},
      {"dropout_first", {3, 7, 7}, {Dropout{0.8}, conv(5), dense}},
      {"dropout_at_the_end", {3, 5, 5}, {conv(17), Dropout{0.5}}},
      {"batch_norm_first", {3, 7, 7}, {batch_norm, conv(17), ActivationLayer{relu}, dense}},
      {"batch_norm_in_the_middle", {3, 7, 7}, {conv(17), batch_norm, ActivationLayer{relu}, conv(5)}},
      {"batch_norm_after_relu", {3, 7, 7}, {with(conv(17), relu), batch_norm, dense}},
      {"batch_norm_after_dense",
       {3, 3, 3},
       {Dense{.units = 17}, batch_norm, ActivationLayer{relu}, dense},
       5},
      {"batch_norm_at_the_end", {3, 5, 5}, {conv(17), batch_norm}, 2, ce},
      {"lrn_in_the_middle", {3, 9, 9}, {with(conv(17), relu), lrn, pool, dense}},
      {"lrn_first", {5, 5, 5}, {lrn, conv(3)}},
      {"lrn_at_the_end", {3, 5, 5}, {conv(17), lrn}},
      {"standardize_first", {3, 7, 7}, {Standardize{118.0, 61.0}, with(conv(17), relu), dense}},
      {"standardize_in_the_middle", {3, 7, 7}, {conv(17), Standardize{0.3, 0.25}, conv(5)}},
      {"standardize_after_relu", {3, 7, 7}, {with(conv(17), relu), Standardize{-0.5, 2.0}, Softmax{}}},
      {"softmax_in_the_middle", {3, 7, 7}, {conv(17), Softmax{}, conv(5)}},
      {"softmax_of_an_image_at_the_end", {3, 7, 7}, {conv(17), Softmax{}}, 2, ce},
      {"two_softmaxes", {3, 4, 4}, {dense, Softmax{}, Softmax{}}},
      {"no_parameters", {3, 8, 8}, {pool, ActivationLayer{relu}, lrn, Softmax{}}},
      {"first_layers_without_parameters", {3, 9, 9}, {pool, ActivationLayer{relu}, lrn, conv(17), dense}},
      {"overfeat",
       {3, 15, 15},
       {Standardize{118.0, 61.0}, with(conv(17, {5, 5}, {2, 2}, {}), relu), pool,
        with(cropped(conv(33, {3, 3}, PaddingRule::full), 1), relu), with(conv(17, {3, 3}), relu),
        with(conv(33, {1, 1}), relu), conv(10, {1, 1}), Softmax{}},
       5},
      {"conv_to_a_pixel_twice", {17, 3, 3}, {conv(33, {3, 3}), conv(5, {1, 1})}, 5, ce},
      {"depthwise_separable",
       {3, 9, 9},
       {conv(17), grouped(conv(17, {3, 3}, PaddingRule::same), 17), ActivationLayer{relu}, conv(33, {1, 1})}},
      {"groups_in_the_middle", {3, 7, 7}, {with(conv(6), relu), grouped(conv(9), 3), dense}},
      {"mlp", {1, 5, 5}, {Flatten{}, Dense{.units = 33, .activation = relu}, dense, Softmax{}}, 5, ce},
      {"mlp_without_flatten", {1, 5, 5}, {Dense{.units = 17, .activation = sigmoid}, dense}, 1},
      {"dense_relu_layer", {17, 1, 1}, {Dense{.units = 33}, ActivationLayer{relu}, dense}, 5},
  };
}

}  // namespace cnnbench

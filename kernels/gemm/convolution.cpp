#include "kernels/gemm/activation.h"
#include "kernels/gemm/builder.h"
#include "kernels/gemm/im2col.h"

namespace cnnbench::gemm {
namespace {

/// Convolution tile by tile: im2col, then output = weights · columns for each group. Scratch holds the
/// columns, and behind them the outputs of a tile of several images, which do not lie in the batch as one
/// matrix.
class ConvolutionPlan final : public LayerPlan {
 public:
  ConvolutionPlan(const ModelLayer& layer, const Convolution& convolution)
      : layer_(layer), convolution_(convolution) {}

  Value forward(Builder& builder, const Value& src) override {
    const ConvolutionShape shape(layer_, convolution_, builder.options.batch);
    const Tiling tiling(shape);
    builder.need_scratch(tiling.column_elements() + tiling.output_elements());
    dst_ = builder.make_activation(builder.options.batch * layer_.output.size());
    src_ = src;
    builder.add(Direction::forward, implementation(builder, tiling, "im2col+sgemm"), {src, dst_},
                [&builder, this, shape, tiling, index = builder.layer()] {
                  run_forward(builder, shape, tiling, builder.parameters(index));
                });
    if (builder.training() && convolution_.activation != Activation::none) dst_.writable = false;
    return dst_;
  }

  Value backward(Builder& builder, const Value& diff_dst) override {
    const ConvolutionShape shape(layer_, convolution_, builder.options.batch);
    const Tiling tiling(shape);
    builder.add(Direction::backward_weights, implementation(builder, tiling, "im2col+sgemm"),
                {src_, dst_, diff_dst}, [&builder, this, shape, tiling, diff_dst, index = builder.layer()] {
                  run_through_activation(builder, shape, diff_dst, builder.gradients(index).bias);
                  run_backward_weights(builder, shape, tiling, diff_dst, builder.gradients(index).weights);
                });
    Value diff_src;
    if (layer_.input_gradient) {
      diff_src = builder.make_gradient(src_.elements);
      builder.add(
          Direction::backward_data, implementation(builder, tiling, "sgemm+col2im"), {diff_dst, diff_src},
          [&builder, this, shape, tiling, diff_dst, diff_src, index = builder.layer()] {
            run_backward_data(builder, shape, tiling, diff_dst, diff_src, builder.parameters(index).weights);
          });
    }
    return diff_src;
  }

 private:
  static std::string implementation(const Builder& builder, const Tiling& tiling, const std::string& steps) {
    return (tiling.direct() ? "sgemm" : steps) + " " + builder.library.kernel();
  }

  /// The columns of a tile: a matrix of taps × pixels.
  static Matrix columns(const Builder& builder, const ConvolutionShape& shape, const Tiling& tiling,
                        const Tile& tile, std::int64_t group, const float* src) {
    if (tiling.direct())
      return {src + shape.source(tile.first_image, group) + tile.first_pixel, shape.input_plane()};
    im2col(shape, tile, group, src, builder.scratch());
    return {builder.scratch(), tile.columns()};
  }

  /// The gradients of a tile's outputs: a matrix of filters × pixels.
  static Matrix output_gradients(const Builder& builder, const ConvolutionShape& shape, const Tiling& tiling,
                                 const Tile& tile, std::int64_t group, const float* diff_dst) {
    if (!tiling.several_images())
      return {diff_dst + shape.destination(tile.first_image, group) + tile.first_pixel, shape.output_plane()};
    float* const matrix = builder.scratch() + tiling.column_elements();
    gather(shape, tile, group, diff_dst, matrix);
    return {matrix, tile.columns()};
  }

  void run_forward(const Builder& builder, const ConvolutionShape& shape, const Tiling& tiling,
                   const Parameters& parameters) const {
    const float* const src = builder.data(src_);
    float* const dst = builder.data(dst_);
    const std::int64_t taps = shape.taps();
    tiling.for_each([&](const Tile& tile) {
      for (std::int64_t group = 0; group < shape.groups; ++group) {
        const Matrix b = columns(builder, shape, tiling, tile, group, src);
        float* const place = dst + shape.destination(tile.first_image, group) + tile.first_pixel;
        const bool apart = tiling.several_images();
        float* const c = apart ? builder.scratch() + tiling.column_elements() : place;
        const std::int64_t stride = apart ? tile.columns() : shape.output_plane();
        const Matrix a{parameters.weights + group * shape.filters * taps, taps};
        builder.library.multiply(shape.filters, tile.columns(), taps, a, b, 0, c, stride);
        const float* const bias =
            parameters.bias == nullptr ? nullptr : parameters.bias + group * shape.filters;
        if (apart || bias != nullptr || convolution_.activation != Activation::none)
          finish(shape, tile, group, bias, c, stride, dst);
      }
    });
  }

  /// Bias and activation while the tile is in the cache, on the way to where it belongs.
  void finish(const ConvolutionShape& shape, const Tile& tile, std::int64_t group, const float* bias,
              const float* c, std::int64_t stride, float* dst) const {
    const Activation function = convolution_.activation;
#pragma omp parallel for collapse(2) schedule(static)
    for (std::int64_t filter = 0; filter < shape.filters; ++filter)
      for (std::int64_t i = 0; i < tile.images; ++i)
        add_bias_and_activate(function, bias == nullptr ? 0.0F : bias[filter],
                              c + filter * stride + i * tile.pixels,
                              dst + shape.destination(tile.first_image + i, group) +
                                  filter * shape.output_plane() + tile.first_pixel,
                              tile.pixels);
  }

  /// Turns the gradient after the activation into that of the sums, in place, and adds up that of the bias.
  void run_through_activation(const Builder& builder, const ConvolutionShape& shape, const Value& diff_dst,
                              float* diff_bias) const {
    const Activation function = convolution_.activation;
    if (function == Activation::none && diff_bias == nullptr) return;
    const float* const result = builder.data(dst_);
    float* const gradient = builder.data(diff_dst);
    const std::int64_t plane = shape.output_plane();
#pragma omp parallel for schedule(static)
    for (std::int64_t filter = 0; filter < convolution_.filters; ++filter) {
      double sum = 0;
      for (std::int64_t n = 0; n < shape.batch; ++n) {
        const std::int64_t first = (n * convolution_.filters + filter) * plane;
        sum += through_activation(function, result + first, gradient + first, plane);
      }
      if (diff_bias != nullptr) diff_bias[filter] = static_cast<float>(sum);
    }
  }

  /// weights' gradient = Σ over the tiles of output gradients · columnsᵀ.
  void run_backward_weights(const Builder& builder, const ConvolutionShape& shape, const Tiling& tiling,
                            const Value& diff_dst, float* diff_weights) const {
    const std::int64_t taps = shape.taps();
    float beta = 0;
    tiling.for_each([&](const Tile& tile) {
      for (std::int64_t group = 0; group < shape.groups; ++group) {
        Matrix b = columns(builder, shape, tiling, tile, group, builder.data(src_));
        b.transposed = true;
        const Matrix a = output_gradients(builder, shape, tiling, tile, group, builder.data(diff_dst));
        builder.library.multiply(shape.filters, taps, tile.columns(), a, b, beta,
                                 diff_weights + group * shape.filters * taps, taps);
      }
      beta = 1;
    });
  }

  /// Columns of the input's gradient = weightsᵀ · output gradients, added up by col2im.
  static void run_backward_data(const Builder& builder, const ConvolutionShape& shape, const Tiling& tiling,
                                const Value& diff_dst, const Value& diff_src, const float* weights) {
    float* const gradient = builder.data(diff_src);
    const std::int64_t taps = shape.taps();
    tiling.for_each([&](const Tile& tile) {
      for (std::int64_t group = 0; group < shape.groups; ++group) {
        const Matrix a{weights + group * shape.filters * taps, taps, true};
        const Matrix b = output_gradients(builder, shape, tiling, tile, group, builder.data(diff_dst));
        if (tiling.direct()) {
          builder.library.multiply(taps, tile.columns(), shape.filters, a, b, 0,
                                   gradient + shape.source(tile.first_image, group) + tile.first_pixel,
                                   shape.input_plane());
          continue;
        }
        builder.library.multiply(taps, tile.columns(), shape.filters, a, b, 0, builder.scratch(),
                                 tile.columns());
        col2im(shape, tile, group, builder.scratch(), gradient);
      }
    });
  }

  const ModelLayer& layer_;
  Convolution convolution_;
  Value src_;
  Value dst_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Convolution& convolution) {
  return std::make_unique<ConvolutionPlan>(layer, convolution);
}

}  // namespace cnnbench::gemm

#include "kernels/common/window.h"

#include "kernels/gemm/builder.h"

namespace cnnbench::gemm {
namespace {

using common::Range;
using common::Window;

/// What one output sees of a plane: never padding, and at least one element.
struct View {
  Range rows;
  Range columns;
  std::int64_t size() const { return (rows.end - rows.begin) * (columns.end - columns.begin); }
};

/// Index in the plane of the largest element in view, the first of equals in row-major order.
std::int64_t first_maximum(const float* plane, std::int64_t width, const View& view) {
  std::int64_t best = view.rows.begin * width + view.columns.begin;
  for (std::int64_t h = view.rows.begin; h < view.rows.end; ++h)
    for (std::int64_t i = h * width + view.columns.begin; i < h * width + view.columns.end; ++i)
      if (plane[i] > plane[best]) best = i;
  return best;
}

float average(const float* plane, std::int64_t width, const View& view) {
  float sum = 0;
  for (std::int64_t h = view.rows.begin; h < view.rows.end; ++h)
    for (std::int64_t w = view.columns.begin; w < view.columns.end; ++w) sum += plane[h * width + w];
  return sum / static_cast<float>(view.size());
}

/// Calls visit(output, view) for all outputs of a plane.
template <typename Visit>
void for_outputs(const Window& window, Visit visit) {
  for (std::int64_t row = 0; row < window.rows.output; ++row) {
    const Range rows = window.rows.inputs_of(row);
    for (std::int64_t column = 0; column < window.columns.output; ++column)
      visit(row * window.columns.output + column, View{rows, window.columns.inputs_of(column)});
  }
}

/// Planes are independent: each is one thread's.
class PoolingPlan final : public LayerPlan {
  std::int64_t input_plane() const { return window_.rows.input * window_.columns.input; }
  std::int64_t output_plane() const { return window_.rows.output * window_.columns.output; }

 public:
  PoolingPlan(const ModelLayer& layer, const Pooling& pooling)
      : layer_(layer),
        max_(pooling.pool == PoolKind::max),
        window_(common::window_of(layer, pooling.kernel, pooling.stride)) {}

  Value forward(Builder& builder, const Value& src) override {
    planes_ = builder.options.batch * layer_.input.channels;
    src_ = src;
    const Value dst = builder.make_activation(builder.options.batch * layer_.output.size());
    builder.add(Direction::forward, "loop", {src, dst}, [&builder, this, dst] {
      const float* const input = builder.data(src_);
      float* const output = builder.data(dst);
      const std::int64_t width = window_.columns.input;
#pragma omp parallel for schedule(static)
      for (std::int64_t plane = 0; plane < planes_; ++plane) {
        const float* const in = input + plane * input_plane();
        float* const out = output + plane * output_plane();
        if (max_)
          for_outputs(window_,
                      [=](std::int64_t i, const View& v) { out[i] = in[first_maximum(in, width, v)]; });
        else
          for_outputs(window_, [=](std::int64_t i, const View& v) { out[i] = average(in, width, v); });
      }
    });
    return dst;
  }

  /// Maximum: an output's gradient goes to the first of the largest elements. Average: to all alike.
  Value backward(Builder& builder, const Value& diff_dst) override {
    const Value diff_src = builder.make_gradient(src_.elements);
    builder.add(Direction::backward_data, "loop", {src_, diff_dst, diff_src}, [=, &builder, this] {
      const float* const input = builder.data(src_);
      const float* const gradient = builder.data(diff_dst);
      float* const result = builder.data(diff_src);
#pragma omp parallel for schedule(static)
      for (std::int64_t plane = 0; plane < planes_; ++plane)
        run_backward(input + plane * input_plane(), gradient + plane * output_plane(),
                     result + plane * input_plane());
    });
    return diff_src;
  }

 private:
  void run_backward(const float* in, const float* gradient, float* result) const {
    const std::int64_t width = window_.columns.input;
    std::fill(result, result + input_plane(), 0.0F);
    if (max_) {
      for_outputs(window_, [=](std::int64_t i, const View& view) {
        result[first_maximum(in, width, view)] += gradient[i];
      });
      return;
    }
    for_outputs(window_, [=](std::int64_t i, const View& view) {
      const float share = gradient[i] / static_cast<float>(view.size());
      for (std::int64_t h = view.rows.begin; h < view.rows.end; ++h)
        for (std::int64_t w = view.columns.begin; w < view.columns.end; ++w) result[h * width + w] += share;
    });
  }

  const ModelLayer& layer_;
  bool max_;
  Window window_;
  std::int64_t planes_ = 0;
  Value src_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Pooling& pooling) {
  return std::make_unique<PoolingPlan>(layer, pooling);
}

}  // namespace cnnbench::gemm

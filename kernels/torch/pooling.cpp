#include "kernels/torch/builder.h"

namespace cnnbench::torch {
namespace {

class PoolingPlan final : public LayerPlan {
 public:
  PoolingPlan(const ModelLayer& layer, const Pooling& pool)
      : layer_(layer),
        max_(pool.pool == PoolKind::max),
        ceil_(pool.border == Border::keep),
        kernel_{pool.kernel.height, pool.kernel.width},
        stride_{pool.stride.height, pool.stride.width},
        padding_{pool.padding.height, pool.padding.width} {}

  Value* forward(Builder& builder, Value* src) override {
    src_ = src;
    Value* const dst = builder.make_value(to_dims(builder.options.batch, layer_.output), src->layout);
    if (!max_) {
      builder.add(Direction::forward, "avg_pool2d", {src}, {dst}, [this, dst] {
        // Padding is not counted in the average.
        dst->data = at::avg_pool2d(src_->tensor(), kernel_, stride_, padding_, ceil_, false);
      });
    } else if (src->layout == Layout::opaque) {
      builder.add(Direction::forward, "mkldnn_max_pool2d", {src}, {dst}, [this, dst] {
        dst->data = at::mkldnn_max_pool2d(src_->tensor(), kernel_, stride_, padding_, one_, ceil_);
      });
    } else if (!builder.training()) {
      builder.add(Direction::forward, "max_pool2d", {src}, {dst}, [this, dst] {
        dst->data = at::max_pool2d(src_->tensor(), kernel_, stride_, padding_, one_, ceil_);
      });
    } else {
      indices_ = builder.make_value(dst->dims, src->layout);
      builder.add(Direction::forward, "max_pool2d_with_indices", {src}, {dst, indices_}, [this, dst] {
        std::tie(dst->data, indices_->data) =
            at::max_pool2d_with_indices(src_->tensor(), kernel_, stride_, padding_, one_, ceil_);
      });
    }
    return dst;
  }

  Value* backward(Builder& builder, Value* given) override {
    Value* const diff = builder.in_layout(given, src_->layout);
    Value* const result = builder.make_value(src_->dims, src_->layout);
    if (max_)
      builder.add(Direction::backward_data, "max_pool2d_with_indices_backward", {diff, src_, indices_},
                  {result}, [this, diff, result] {
                    result->data =
                        at::max_pool2d_with_indices_backward(diff->tensor(), src_->tensor(), kernel_, stride_,
                                                             padding_, one_, ceil_, indices_->data);
                  });
    else
      builder.add(Direction::backward_data, "avg_pool2d_backward", {diff, src_}, {result},
                  [this, diff, result] {
                    result->data = at::avg_pool2d_backward(diff->tensor(), src_->tensor(), kernel_, stride_,
                                                           padding_, ceil_, false, c10::nullopt);
                  });
    return result;
  }

 private:
  const ModelLayer& layer_;
  bool max_;
  bool ceil_;
  Sizes kernel_;
  Sizes stride_;
  Sizes padding_;
  const Sizes one_{1, 1};
  Value* src_ = nullptr;
  Value* indices_ = nullptr;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Pooling& pooling) {
  return std::make_unique<PoolingPlan>(layer, pooling);
}

}  // namespace cnnbench::torch

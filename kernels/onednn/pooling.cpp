#include "kernels/onednn/builder.h"
#include "kernels/onednn/compat.h"

namespace cnnbench::onednn {
namespace {

/// Max and average pooling in the layout of the source. In training max pooling keeps the places of the
/// maxima.
class PoolingPlan final : public LayerPlan {
 public:
  PoolingPlan(const ModelLayer& layer, const Pooling& pool)
      : layer_(layer),
        algorithm_(pool.pool == PoolKind::max ? dnnl::algorithm::pooling_max
                                              : dnnl::algorithm::pooling_avg_exclude_padding),
        strides_{pool.stride.height, pool.stride.width},
        kernel_{pool.kernel.height, pool.kernel.width},
        before_{layer.padding.before.height, layer.padding.before.width},
        after_{layer.padding.after.height, layer.padding.after.width} {}

  Value forward(Builder& builder, const Value& given) override {
    given_ = given.dims;
    src_ = builder.with_dims(given, to_dims(builder.options.batch, layer_.input));
    const memory::dims dims = to_dims(builder.options.batch, layer_.output);
    forward_ =
        compat::pooling_forward(builder.library(Direction::forward), builder.forward_kind(), algorithm_,
                                src_.desc, any_desc(dims), strides_, kernel_, before_, after_);
    dst_ = builder.make_value(dims, forward_.dst_desc());
    if (builder.training() && algorithm_ == dnnl::algorithm::pooling_max) {
      workspace_ = memory(forward_.workspace_desc(), builder.engine, DNNL_MEMORY_NONE);
      builder.buffers.bind(workspace_, builder.buffers.dedicate(forward_.workspace_desc().get_size()));
    }
    builder.add(Direction::forward, forward_.impl_info_str(), dnnl::pooling_forward(forward_),
                {{DNNL_ARG_SRC, src_.data}, {DNNL_ARG_DST, dst_.data}, {DNNL_ARG_WORKSPACE, workspace_}});
    return dst_;
  }

  Value backward(Builder& builder, const Value& given) override {
    const Value diff_dst = builder.in_layout(given, dst_.desc);
    const auto desc =
        compat::pooling_backward(builder.library(Direction::backward_data), forward_, algorithm_, src_.desc,
                                 dst_.desc, strides_, kernel_, before_, after_);
    const Value diff_src = builder.make_value(src_.dims, src_.desc);
    builder.add(Direction::backward_data, desc.impl_info_str(), dnnl::pooling_backward(desc),
                {{DNNL_ARG_DIFF_DST, diff_dst.data},
                 {DNNL_ARG_DIFF_SRC, diff_src.data},
                 {DNNL_ARG_WORKSPACE, workspace_}});
    return builder.with_dims(diff_src, given_);
  }

 private:
  const ModelLayer& layer_;
  dnnl::algorithm algorithm_;
  memory::dims strides_;
  memory::dims kernel_;
  memory::dims before_;
  memory::dims after_;
  memory::dims given_;
  dnnl::pooling_forward::primitive_desc forward_;
  memory workspace_;
  Value src_;
  Value dst_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Pooling& pooling) {
  return std::make_unique<PoolingPlan>(layer, pooling);
}

}  // namespace cnnbench::onednn

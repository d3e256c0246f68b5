#include "kernels/onednn/builder.h"
#include "kernels/onednn/compat.h"

namespace cnnbench::onednn {
namespace {

/// Softmax over the channels; in place in inference.
class SoftmaxPlan final : public LayerPlan {
 public:
  explicit SoftmaxPlan(const ModelLayer& layer) : layer_(layer) {}

  Value forward(Builder& builder, const Value& given) override {
    given_ = given.dims;
    const Value src = builder.with_dims(given, to_dims(builder.options.batch, layer_.input));
    forward_ = compat::softmax_forward(builder.library(Direction::forward), builder.forward_kind(), src.desc);
    // In training what enters a closing softmax is what the loss is taken of.
    const bool in_place = src.writable && !builder.training();
    dst_ = in_place ? src : builder.make_value(src.dims, src.desc);
    builder.add(Direction::forward, forward_.impl_info_str(), dnnl::softmax_forward(forward_),
                {{DNNL_ARG_SRC, src.data}, {DNNL_ARG_DST, dst_.data}});
    if (builder.training()) dst_.writable = false;
    return dst_;
  }

  Value backward(Builder& builder, const Value& given) override {
    const Value diff = builder.in_layout(given, dst_.desc);
    const auto desc =
        compat::softmax_backward(builder.library(Direction::backward_data), forward_, dst_.desc, dst_.desc);
    builder.add(Direction::backward_data, desc.impl_info_str(), dnnl::softmax_backward(desc),
                {{DNNL_ARG_DST, dst_.data}, {DNNL_ARG_DIFF_DST, diff.data}, {DNNL_ARG_DIFF_SRC, diff.data}});
    return builder.with_dims(diff, given_);
  }

 private:
  const ModelLayer& layer_;
  memory::dims given_;
  dnnl::softmax_forward::primitive_desc forward_;
  Value dst_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Softmax&) {
  return std::make_unique<SoftmaxPlan>(layer);
}

}  // namespace cnnbench::onednn

#include <algorithm>
#include <type_traits>

#include "kernels/onednn/compat.h"
#include "kernels/onednn/weighted_layer.h"

namespace cnnbench::onednn {
namespace {

/// Convolution by the algorithm that the library holds best (convolution_auto), unless that is Winograd with
/// a scratchpad larger than what the network's largest layer reads and writes (oneDNN 2.6 on AVX-512, large
/// batches): memory decides how large a batch can be trained. The library has one scratchpad for all layers.
class ConvolutionPlan final : public WeightedLayer {
 public:
  ConvolutionPlan(const ModelLayer& layer, const Convolution& conv)
      : WeightedLayer(layer, conv.activation),
        conv_(conv),
        strides_{conv.stride.height, conv.stride.width},
        before_{layer.padding.before.height, layer.padding.before.width},
        after_{layer.padding.after.height, layer.padding.after.width} {}

 private:
  Value to_primitive(Builder& builder, const Value& src) override {
    given_ = src.dims;
    return builder.with_dims(src, to_dims(builder.options.batch, layer().input));
  }
  Value from_primitive(Builder& builder, const Value& diff_src) override {
    return builder.with_dims(diff_src, given_);
  }
  Value output_value(Builder&, const Value& dst) override { return dst; }
  Value gradient_value(Builder&, const Value& diff_dst) override { return diff_dst; }

  Chosen choose_forward(const Builder& builder, const Value&, const dnnl::primitive_attr& attr) override {
    forward_ = within_memory(builder, [&](dnnl::algorithm algorithm) {
      return compat::forward<dnnl::convolution_forward>(builder.engine, attr, builder.forward_kind(),
                                                        algorithm, src(builder), weights(), bias(),
                                                        dst(builder), strides_, before_, after_);
    });
    return {dnnl::convolution_forward(forward_), forward_.impl_info_str(), forward_.src_desc(),
            forward_.weights_desc(), forward_.dst_desc()};
  }

  Chosen choose_backward_data(const Builder& builder) override {
    const auto desc = within_memory(builder, [&](dnnl::algorithm algorithm) {
      return compat::backward<dnnl::convolution_backward_data>(builder.engine, forward_, algorithm,
                                                               src(builder), weights(), dst(builder),
                                                               strides_, before_, after_);
    });
    return {dnnl::convolution_backward_data(desc), desc.impl_info_str(), desc.diff_src_desc(),
            desc.weights_desc(), desc.diff_dst_desc()};
  }

  Chosen choose_backward_weights(const Builder& builder) override {
    const auto desc = within_memory(builder, [&](dnnl::algorithm algorithm) {
      return compat::backward<dnnl::convolution_backward_weights>(builder.engine, forward_, algorithm,
                                                                  src(builder), weights(), bias(),
                                                                  dst(builder), strides_, before_, after_);
    });
    return {dnnl::convolution_backward_weights(desc), desc.impl_info_str(), desc.src_desc(),
            desc.diff_weights_desc(), desc.diff_dst_desc()};
  }

  /// The library's choice, or, where its scratchpad is too large, the direct algorithm: see ConvolutionPlan.
  template <typename Make>
  std::invoke_result_t<Make, dnnl::algorithm> within_memory(const Builder& builder, const Make& make) const {
    auto desc = make(dnnl::algorithm::convolution_auto);
    std::int64_t largest = 0;
    for (const ModelLayer& each : builder.model.layers)
      largest = std::max(largest, 4 * builder.options.batch * (each.input.size() + each.output.size()));
    const bool winograd = std::string(desc.impl_info_str()).find("wino") != std::string::npos;
    if (winograd && desc.query_s64(dnnl::query::memory_consumption_s64) > largest)
      desc = make(dnnl::algorithm::convolution_direct);
    return desc;
  }

  memory::desc plain_weights() const override {
    return {weight_dims(), memory::data_type::f32,
            conv_.groups > 1 ? memory::format_tag::goihw : memory::format_tag::oihw};
  }

  memory::dims weight_dims() const {
    const std::int64_t outputs = conv_.filters / conv_.groups;
    const std::int64_t inputs = layer().input.channels / conv_.groups;
    if (conv_.groups > 1) return {conv_.groups, outputs, inputs, conv_.kernel.height, conv_.kernel.width};
    return {outputs, inputs, conv_.kernel.height, conv_.kernel.width};
  }

  memory::desc src(const Builder& builder) const {
    return any_desc(to_dims(builder.options.batch, layer().input));
  }
  memory::desc dst(const Builder& builder) const {
    return any_desc(to_dims(builder.options.batch, layer().output));
  }
  memory::desc weights() const { return any_desc(weight_dims()); }
  memory::desc bias() const {
    if (!conv_.bias) return {};
    return {{conv_.filters}, memory::data_type::f32, memory::format_tag::x};
  }

  Convolution conv_;
  memory::dims strides_;
  memory::dims before_;
  memory::dims after_;
  memory::dims given_;
  dnnl::convolution_forward::primitive_desc forward_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_convolution(const ModelLayer& layer) {
  return std::make_unique<ConvolutionPlan>(layer, std::get<Convolution>(layer.kind));
}

}  // namespace cnnbench::onednn

#include <algorithm>
#include <string>
#include <vector>

#include "kernels/onednn/compat.h"
#include "kernels/onednn/weighted_layer.h"

namespace cnnbench::onednn {
namespace {

using compat::Offers;

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

  std::vector<Chosen> offers_forward(const Builder& builder, const dnnl::primitive_attr& attr) override {
    const auto make = [&](Offers how, dnnl::algorithm algorithm, const memory::desc& src,
                          const memory::desc& dst) {
      return compat::forward_offers<dnnl::convolution_forward>(
          how, builder.library(Direction::forward), attr, builder.forward_kind(), algorithm, src, weights(),
          bias(), dst, strides_, before_, after_);
    };
    forward_ = within_memory(builder, make);
    return offers(builder, make, [](const auto& desc) {
      return Chosen{dnnl::convolution_forward(desc), desc.impl_info_str(), desc.src_desc(),
                    desc.weights_desc(), desc.dst_desc()};
    });
  }

  std::vector<Chosen> offers_backward_data(const Builder& builder) override {
    const auto make = [&](Offers how, dnnl::algorithm algorithm, const memory::desc& diff_src,
                          const memory::desc& diff_dst) {
      return compat::backward_offers<dnnl::convolution_backward_data>(
          how, builder.library(Direction::backward_data), forward_, algorithm, diff_src, weights(), diff_dst,
          strides_, before_, after_);
    };
    return offers(builder, make, [](const auto& desc) {
      return Chosen{dnnl::convolution_backward_data(desc), desc.impl_info_str(), desc.diff_src_desc(),
                    desc.weights_desc(), desc.diff_dst_desc()};
    });
  }

  std::vector<Chosen> offers_backward_weights(const Builder& builder) override {
    const auto make = [&](Offers how, dnnl::algorithm algorithm, const memory::desc& src,
                          const memory::desc& diff_dst) {
      return compat::backward_offers<dnnl::convolution_backward_weights>(
          how, builder.library(Direction::backward_weights), forward_, algorithm, src, weights(), bias(),
          diff_dst, strides_, before_, after_);
    };
    return offers(builder, make, [](const auto& desc) {
      return Chosen{dnnl::convolution_backward_weights(desc), desc.impl_info_str(), desc.src_desc(),
                    desc.diff_weights_desc(), desc.diff_dst_desc()};
    });
  }

  /// `make` takes an algorithm and the layouts of source and destination.
  template <typename Make, typename Describe>
  std::vector<Chosen> offers(const Builder& builder, const Make& make, const Describe& describe) const {
    std::vector<Chosen> list{describe(within_memory(builder, make))};
    if (!builder.variant.best_implementation) return list;
    using enum memory::format_tag;
    for (const dnnl::algorithm algorithm :
         {dnnl::algorithm::convolution_direct, dnnl::algorithm::convolution_winograd})
      for (const memory::format_tag layout : {any, nchw, nhwc, nChw8c, nChw16c})
        add_offers(
            list,
            [&] {
              auto all = make(Offers::all, algorithm, in_layout(src_dims(builder), layout),
                              in_layout(dst_dims(builder), layout));
              std::erase_if(all, [&](const auto& desc) { return takes_too_much(builder, desc); });
              return all;
            },
            describe);
    return list;
  }

  /// The library's choice or the direct algorithm: see ConvolutionPlan.
  template <typename Make>
  auto within_memory(const Builder& builder, const Make& make) const
      -> std::decay_t<decltype(make(Offers(), dnnl::algorithm(), memory::desc(), memory::desc()).front())> {
    const memory::desc src = builder.source_desc(src_dims(builder));
    const memory::desc dst = builder.destination_desc(dst_dims(builder));
    const auto algorithm =
        builder.choice().direct ? dnnl::algorithm::convolution_direct : dnnl::algorithm::convolution_auto;
    auto desc = make(Offers::first, algorithm, src, dst).front();
    if (takes_too_much(builder, desc))
      desc = make(Offers::first, dnnl::algorithm::convolution_direct, src, dst).front();
    return desc;
  }

  template <typename Desc>
  static bool takes_too_much(const Builder& builder, const Desc& desc) {
    std::int64_t largest = 0;
    for (const ModelLayer& each : builder.model.layers)
      largest = std::max(largest, 4 * builder.options.batch * (each.input.size() + each.output.size()));
    return is_librarys_winograd(desc.impl_info_str()) &&
           desc.query_s64(dnnl::query::memory_consumption_s64) > largest;
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

  memory::dims src_dims(const Builder& builder) const {
    return to_dims(builder.options.batch, layer().input);
  }
  memory::dims dst_dims(const Builder& builder) const {
    return to_dims(builder.options.batch, layer().output);
  }
  static memory::desc in_layout(const memory::dims& dims, memory::format_tag layout) {
    return {dims, memory::data_type::f32, layout};
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

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Convolution& convolution) {
  return std::make_unique<ConvolutionPlan>(layer, convolution);
}

}  // namespace cnnbench::onednn

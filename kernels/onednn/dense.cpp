#include "kernels/onednn/compat.h"
#include "kernels/onednn/weighted_layer.h"

namespace cnnbench::onednn {
namespace {

using compat::Offers;

/// Inner product. A source of several pixels is taken as it lies in memory where the library has a kernel of
/// its own for that; where it only has plain matrix multiplication, flattening it first gets the better
/// kernel (2.6: brgemm).
class DensePlan final : public WeightedLayer {
 public:
  DensePlan(const ModelLayer& layer, const Dense& dense)
      : WeightedLayer(layer, dense.activation), dense_(dense) {}

 private:
  Value to_primitive(Builder& builder, const Value& given) override {
    given_ = given.dims;
    src_dims_ = given.dims;
    const bool one_pixel = given.dims[2] == 1 && given.dims[3] == 1;
    if (!one_pixel && !only_gemm(builder)) return given;
    const Value src = builder.with_dims(given, {given.dims[0], layer().input.size(), 1, 1});
    // A matrix, unless the channels are blocked with padding.
    const memory::desc matrix = src.desc.reshape({src.dims[0], src.dims[1]}, true);
    if (matrix == memory::desc()) return src;
    src_dims_ = {src.dims[0], src.dims[1]};
    return builder.view(src, src.dims, matrix);
  }

  /// True where all that the library has for the source as it is, is a general matrix multiplication.
  bool only_gemm(const Builder& builder) const {
    const std::string implementation = compat::forward<dnnl::inner_product_forward>(
                                           builder.engine, dnnl::primitive_attr(), builder.forward_kind(),
                                           src(builder), weights(), bias(), dst(builder))
                                           .impl_info_str();
    return implementation.find("gemm") != std::string::npos &&
           implementation.find("brg") == std::string::npos;
  }

  Value from_primitive(Builder& builder, const Value& diff_src) override {
    if (src_dims_.size() == 4) return diff_src;
    const memory::dims pixel{src_dims_[0], src_dims_[1], 1, 1};
    return builder.with_dims(builder.view(diff_src, pixel, diff_src.desc.reshape(pixel)), given_);
  }

  Value output_value(Builder& builder, const Value& dst) override {
    return builder.view(dst, dst.dims, plain_desc(dst.dims));
  }

  Value gradient_value(Builder& builder, const Value& diff_dst) override {
    return builder.view(builder.in_layout(diff_dst, plain_desc(diff_dst.dims)), diff_dst.dims, dst(builder));
  }

  std::vector<Chosen> offers_forward(const Builder& builder, const dnnl::primitive_attr& attr) override {
    const auto make = [&](Offers how, const memory::desc& source) {
      return compat::forward_offers<dnnl::inner_product_forward>(how, builder.library(Direction::forward),
                                                                 attr, builder.forward_kind(), source,
                                                                 weights(), bias(), dst(builder));
    };
    forward_ = make(Offers::first, src(builder)).front();
    return offers(builder, make, [](const auto& desc) {
      return Chosen{dnnl::inner_product_forward(desc), desc.impl_info_str(), desc.src_desc(),
                    desc.weights_desc(), desc.dst_desc()};
    });
  }

  std::vector<Chosen> offers_backward_data(const Builder& builder) override {
    const auto make = [&](Offers how, const memory::desc& diff_src) {
      return compat::backward_offers<dnnl::inner_product_backward_data>(
          how, builder.library(Direction::backward_data), forward_, diff_src, weights(), dst(builder));
    };
    return offers(builder, make, [](const auto& desc) {
      return Chosen{dnnl::inner_product_backward_data(desc), desc.impl_info_str(), desc.diff_src_desc(),
                    desc.weights_desc(), desc.diff_dst_desc()};
    });
  }

  std::vector<Chosen> offers_backward_weights(const Builder& builder) override {
    const auto make = [&](Offers how, const memory::desc& source) {
      return compat::backward_offers<dnnl::inner_product_backward_weights>(
          how, builder.library(Direction::backward_weights), forward_, source, weights(), bias(),
          dst(builder));
    };
    return offers(builder, make, [](const auto& desc) {
      return Chosen{dnnl::inner_product_backward_weights(desc), desc.impl_info_str(), desc.src_desc(),
                    desc.diff_weights_desc(), desc.diff_dst_desc()};
    });
  }

  /// `make` takes the layout of the source.
  template <typename Make, typename Describe>
  std::vector<Chosen> offers(const Builder& builder, const Make& make, const Describe& describe) const {
    const memory::desc wanted = src(builder);
    std::vector<Chosen> list{describe(make(Offers::first, wanted).front())};
    if (!builder.variant.best_implementation) return list;
    const auto as_wanted = [&] { return make(Offers::all, wanted); };
    const auto as_plain = [&] { return make(Offers::all, plain_desc(src_dims_)); };
    add_offers(list, as_wanted, describe);
    if (src_dims_.size() == 4) add_offers(list, as_plain, describe);
    return list;
  }

  memory::desc plain_weights() const override {
    return {weight_dims(), memory::data_type::f32,
            src_dims_.size() == 2 ? memory::format_tag::oi : memory::format_tag::oihw};
  }

  memory::dims weight_dims() const {
    memory::dims dims = src_dims_;
    dims[0] = dense_.units;
    return dims;
  }

  memory::desc src(const Builder& builder) const { return builder.source_desc(src_dims_); }
  memory::desc weights() const { return any_desc(weight_dims()); }
  memory::desc bias() const {
    if (!dense_.bias) return {};
    return {{dense_.units}, memory::data_type::f32, memory::format_tag::x};
  }
  memory::desc dst(const Builder& builder) const {
    return {{builder.options.batch, dense_.units}, memory::data_type::f32, memory::format_tag::nc};
  }

  Dense dense_;
  memory::dims given_;     ///< of the source as a value: 4-D
  memory::dims src_dims_;  ///< of the source as the primitive takes it: 4-D or 2-D
  dnnl::inner_product_forward::primitive_desc forward_;
};

}  // namespace

std::unique_ptr<LayerPlan> make_plan(const ModelLayer& layer, const Dense& dense) {
  return std::make_unique<DensePlan>(layer, dense);
}

}  // namespace cnnbench::onednn

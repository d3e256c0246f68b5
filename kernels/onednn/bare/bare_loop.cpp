#include "kernels/onednn/bare/bare_loop.h"

#include <omp.h>

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "kernels/onednn/compat.h"

namespace cnnbench::onednn {

using dnnl::memory;

struct BareLoop::Implementation {
  struct Call {
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
  };

  const Model& model;
  bool training;
  std::int64_t batch;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  dnnl::prop_kind prop;
  std::vector<Call> forward_calls;
  std::vector<Call> backward_calls;

  Implementation(const Model& the_model, Pass pass, std::int64_t the_batch)
      : model(the_model),
        training(pass != Pass::forward),
        batch(the_batch),
        prop(training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference) {
    for (const ModelLayer& layer : model.layers) {
      if (const auto* conv = std::get_if<Convolution>(&layer.kind)) add(layer, *conv);
      if (const auto* dense = std::get_if<Dense>(&layer.kind)) add(layer, *dense);
      if (const auto* pool = std::get_if<Pooling>(&layer.kind)) add(layer, *pool);
    }
    std::reverse(backward_calls.begin(), backward_calls.end());
  }

  static memory::desc any(const memory::dims& dims) {
    return {dims, memory::data_type::f32, memory::format_tag::any};
  }

  memory::dims dims(const Shape& shape) const { return {batch, shape.channels, shape.height, shape.width}; }

  /// Memory with small values: zeros would let a kernel off lightly, random bits could be denormal.
  memory filled(const memory::desc& desc) {
    const memory result(desc, engine);
    float* const values = static_cast<float*>(result.get_data_handle());
    const std::size_t count = desc.get_size() / sizeof(float);
    for (std::size_t i = 0; i < count; ++i) values[i] = 1e-3F * static_cast<float>(1 + i % 7);
    return result;
  }

  dnnl::primitive_attr fused(Activation activation) const {
    dnnl::primitive_attr attr;
    if (activation != Activation::relu) return attr;
    dnnl::post_ops operations;
    compat::append_eltwise(operations, dnnl::algorithm::eltwise_relu);
    attr.set_post_ops(operations);
    return attr;
  }

  /// Adds the calls of a layer with weights from its three primitive descriptors' makers.
  template <typename Forward, typename Data, typename Weights, typename Desc, typename MakeData,
            typename MakeWeights>
  void add_weighted(const ModelLayer& layer, const Desc& desc, MakeData make_data, MakeWeights make_weights) {
    const memory bias = filled(desc.bias_desc());
    forward_calls.push_back({Forward(desc),
                             {{DNNL_ARG_SRC, filled(desc.src_desc())},
                              {DNNL_ARG_WEIGHTS, filled(desc.weights_desc())},
                              {DNNL_ARG_BIAS, bias},
                              {DNNL_ARG_DST, filled(desc.dst_desc())}}});
    if (!training) return;
    if (layer.input_gradient) {
      const auto data = make_data();
      backward_calls.push_back({Data(data),
                                {{DNNL_ARG_DIFF_DST, filled(data.diff_dst_desc())},
                                 {DNNL_ARG_WEIGHTS, filled(data.weights_desc())},
                                 {DNNL_ARG_DIFF_SRC, filled(data.diff_src_desc())}}});
    }
    const auto weights = make_weights();
    backward_calls.push_back({Weights(weights),
                              {{DNNL_ARG_SRC, filled(weights.src_desc())},
                               {DNNL_ARG_DIFF_DST, filled(weights.diff_dst_desc())},
                               {DNNL_ARG_DIFF_WEIGHTS, filled(weights.diff_weights_desc())},
                               {DNNL_ARG_DIFF_BIAS, filled(weights.diff_bias_desc())}}});
  }

  void add(const ModelLayer& layer, const Convolution& conv) {
    const auto algorithm = dnnl::algorithm::convolution_auto;
    const memory::desc src = any(dims(layer.input));
    const memory::desc dst = any(dims(layer.output));
    const memory::desc weights =
        any({conv.filters, layer.input.channels, conv.kernel.height, conv.kernel.width});
    const memory::desc bias({conv.filters}, memory::data_type::f32, memory::format_tag::x);
    const memory::dims strides{conv.stride.height, conv.stride.width};
    const memory::dims before{layer.padding.before.height, layer.padding.before.width};
    const memory::dims after{layer.padding.after.height, layer.padding.after.width};
    using Forward = dnnl::convolution_forward;
    using Data = dnnl::convolution_backward_data;
    using Weights = dnnl::convolution_backward_weights;
    const auto desc = compat::forward<Forward>(engine, fused(conv.activation), prop, algorithm, src, weights,
                                               bias, dst, strides, before, after);
    add_weighted<Forward, Data, Weights>(
        layer, desc,
        [&] {
          return compat::backward<Data>(engine, desc, algorithm, src, weights, dst, strides, before, after);
        },
        [&] {
          return compat::backward<Weights>(engine, desc, algorithm, src, weights, bias, dst, strides, before,
                                           after);
        });
  }

  void add(const ModelLayer& layer, const Dense& dense) {
    const memory::desc src = any({batch, layer.input.size()});
    const memory::desc dst = any({batch, dense.units});
    const memory::desc weights = any({dense.units, layer.input.size()});
    const memory::desc bias({dense.units}, memory::data_type::f32, memory::format_tag::x);
    using Forward = dnnl::inner_product_forward;
    using Data = dnnl::inner_product_backward_data;
    using Weights = dnnl::inner_product_backward_weights;
    const auto desc =
        compat::forward<Forward>(engine, fused(dense.activation), prop, src, weights, bias, dst);
    add_weighted<Forward, Data, Weights>(
        layer, desc, [&] { return compat::backward<Data>(engine, desc, src, weights, dst); },
        [&] { return compat::backward<Weights>(engine, desc, src, weights, bias, dst); });
  }

  /// Pools take the layout that the convolutions left in the latest destination.
  void add(const ModelLayer& layer, const Pooling& pool) {
    const auto algorithm = pool.pool == PoolKind::max ? dnnl::algorithm::pooling_max
                                                      : dnnl::algorithm::pooling_avg_exclude_padding;
    const memory::desc src = forward_calls.back().arguments.at(DNNL_ARG_DST).get_desc();
    const memory::dims strides{pool.stride.height, pool.stride.width};
    const memory::dims kernel{pool.kernel.height, pool.kernel.width};
    const memory::dims before{layer.padding.before.height, layer.padding.before.width};
    const memory::dims after{layer.padding.after.height, layer.padding.after.width};
    const auto desc = compat::pooling_forward(engine, prop, algorithm, src, any(dims(layer.output)), strides,
                                              kernel, before, after);
    Call call{dnnl::pooling_forward(desc),
              {{DNNL_ARG_SRC, filled(src)}, {DNNL_ARG_DST, filled(desc.dst_desc())}}};
    if (training) call.arguments[DNNL_ARG_WORKSPACE] = memory(desc.workspace_desc(), engine);
    forward_calls.push_back(call);
    if (!training) return;
    call.primitive.execute(stream, call.arguments);  // fills the workspace with places that exist
    stream.wait();
    const auto back = compat::pooling_backward(engine, desc, algorithm, src, desc.dst_desc(), strides, kernel,
                                               before, after);
    backward_calls.push_back({dnnl::pooling_backward(back),
                              {{DNNL_ARG_DIFF_DST, filled(back.diff_dst_desc())},
                               {DNNL_ARG_DIFF_SRC, filled(back.diff_src_desc())},
                               {DNNL_ARG_WORKSPACE, call.arguments.at(DNNL_ARG_WORKSPACE)}}});
  }
};

BareLoop::BareLoop(const Model& model, Pass pass, std::int64_t batch, int threads) {
  omp_set_num_threads(threads);
  implementation_ = std::make_unique<Implementation>(model, pass, batch);
}

BareLoop::~BareLoop() = default;

void BareLoop::step() {
  for (auto* calls : {&implementation_->forward_calls, &implementation_->backward_calls})
    for (auto& call : *calls) call.primitive.execute(implementation_->stream, call.arguments);
  implementation_->stream.wait();
}

}  // namespace cnnbench::onednn

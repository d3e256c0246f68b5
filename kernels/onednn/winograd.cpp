#include "kernels/onednn/winograd.h"

#include <algorithm>

#include "kernels/onednn/compat.h"
#include "kernels/onednn/layout.h"
#include "kernels/onednn/weighted_layer.h"
#include "kernels/winograd/error_growth.h"
#include "kernels/winograd/tile_size.h"

namespace cnnbench::onednn {
namespace {

using winograd::Convolution;

std::uint8_t* bytes(const memory& data) {
  return data ? static_cast<std::uint8_t*>(data.get_data_handle()) : nullptr;
}

/// Memory for a computation that is no part of a step.
class OwnFloats {
 public:
  explicit OwnFloats(std::int64_t size) : all_(static_cast<std::size_t>(size) * sizeof(float)) {}
  float* data() const { return static_cast<float*>(all_.data()); }

 private:
  AlignedBuffer all_;
};

class WinogradPlan final : public LayerPlan {
 public:
  WinogradPlan(const ModelLayer& layer, const LayerChoice& choice, const ModelLayer* pooling)
      : layer_(layer),
        choice_(choice),
        pooling_(pooling),
        activation_(fused_activation(layer.kind)),
        isa_(winograd_instruction_set()) {}

  Value forward(Builder& builder, const Value& given) override {
    const auto convolution = make(builder, choice_.tiles.forward);
    given_ = given.dims;
    const memory::dims src_dims = to_dims(builder.options.batch, layer_.input);
    src_ = builder.in_layout(builder.with_dims(given, src_dims), blocked_desc(src_dims));
    const memory::desc plain{{layer_.output.channels, layer_.input.channels, 3, 3},
                             memory::data_type::f32,
                             memory::format_tag::oihw};
    weights_ = builder.add_parameter(Tensor::weights, plain, plain);
    memory bias;
    if (layer_.biases > 0) {
      const memory::desc desc{{layer_.biases}, memory::data_type::f32, memory::format_tag::x};
      bias_ = builder.add_parameter(Tensor::bias, desc, desc);
      bias = builder.parameters[bias_].data;
    }

    const memory::dims dst_dims = to_dims(builder.options.batch, (pooling_ ? *pooling_ : layer_).output);
    dst_ = builder.make_value(dst_dims, blocked_desc(dst_dims));
    const auto pack = [c = convolution, weights = builder.parameters[weights_].data](const memory& packed) {
      c->pack(floats(weights), floats(packed));
    };
    const memory packed =
        packed_weights(builder, convolution->packed_size(), Direction::forward, name(*convolution), pack);
    const memory scratch = builder.scratch(convolution->forward_scratch_size());
    if (pooling_ && builder.training() && layer_.backward) {
      const auto size = static_cast<memory::dim>(dst_.desc.get_size() / sizeof(float));
      places_ =
          memory({{size}, memory::data_type::u8, memory::format_tag::x}, builder.engine, DNNL_MEMORY_NONE);
      builder.buffers.bind(places_, builder.buffers.dedicate(static_cast<std::size_t>(size)));
    }
    const bool relu = activation_ == Activation::relu;
    add(
        builder, Direction::forward, name(*convolution), {src_.data, packed, places_, dst_.data, scratch},
        [c = convolution, src = src_.data, packed, bias, relu, pool = pooling_ != nullptr, places = places_,
         dst = dst_.data, scratch] {
          c->forward(floats(src), floats(packed), {floats(bias), relu, pool, bytes(places)}, floats(dst),
                     floats(scratch));
        },
        layouts_of({src_.desc}, {dst_.desc}), winograd::forward_error_growth(convolution->shape()));
    if (activation_ != Activation::none && activation_ != Activation::relu)
      add_activation_forward(builder, activation_, dst_);
    if (builder.training() && layer_.backward && activation_ != Activation::none) dst_.writable = false;
    if (pooling_) {
      // In memory of its own: in the backward part that of the operation serves others.
      const auto compute = [c = convolution, weights = builder.parameters[weights_].data, src = src_.data,
                            bias, relu](float* dst) {
        const OwnFloats own_packed(c->packed_size());
        const OwnFloats own_scratch(c->forward_scratch_size());
        c->pack(floats(weights), own_packed.data());
        c->forward(floats(src), own_packed.data(), {floats(bias), relu}, dst, own_scratch.data());
      };
      return computed(builder, layer_.output, compute);
    }
    return dst_;
  }

  std::unique_ptr<LayerPlan> plan_of_next() override { return std::make_unique<Pooled>(*this); }

  Value backward(Builder& builder, const Value& given) override {
    const Value diff_dst = builder.in_layout(pooling_ ? pooled_gradient_ : given, dst_.desc);
    const bool relu = activation_ == Activation::relu;
    if (activation_ != Activation::none && !relu)
      add_activation_backward(builder, activation_, dst_, diff_dst, layer_.input_gradient);

    const auto of_weights = make(builder, choice_.tiles.backward_weights);
    const memory scratch = builder.scratch(of_weights->backward_weights_scratch_size());
    add(
        builder, Direction::backward_weights, name(*of_weights),
        {src_.data, dst_.data, diff_dst.data, places_, scratch},
        [c = of_weights, src = src_.data, relu_dst = relu && !pooling_ ? dst_.data : memory(),
         diff_dst = diff_dst.data, places = places_, weights = builder.parameters[weights_].gradient,
         bias = layer_.biases > 0 ? builder.parameters[bias_].gradient : memory(), scratch] {
          c->backward_weights(floats(src), floats(relu_dst), floats(diff_dst), bytes(places), floats(weights),
                              floats(bias), floats(scratch));
        },
        layouts_of({src_.desc, diff_dst.desc}, {builder.parameters[weights_].desc}),
        winograd::weights_error_growth(of_weights->shape()));

    Value diff_src;
    if (layer_.input_gradient) {
      diff_src = builder.make_value(src_.dims, src_.desc);
      const auto of_data = make(builder, choice_.tiles.backward_data);
      const auto pack = [c = of_data, weights = builder.parameters[weights_].data](const memory& packed) {
        c->pack_backward(floats(weights), floats(packed));
      };
      const memory packed = packed_weights(builder, of_data->packed_backward_size(), Direction::backward_data,
                                           name(*of_data), pack);
      const memory data_scratch = builder.scratch(of_data->backward_data_scratch_size());
      add(
          builder, Direction::backward_data, name(*of_data),
          {diff_dst.data, places_, packed, src_.data, diff_src.data, data_scratch},
          [c = of_data, diff_dst = diff_dst.data, places = places_, packed,
           relu_src = choice_.relu_of_before ? src_.data : memory(), diff_src = diff_src.data, data_scratch] {
            c->backward_data(floats(diff_dst), bytes(places), floats(packed), floats(relu_src),
                             floats(diff_src), floats(data_scratch));
          },
          layouts_of({diff_dst.desc}, {diff_src.desc}),
          winograd::forward_error_growth(of_data->shape().backward_data()));
      if (choice_.relu_of_before)  // a reader's is the gradient before that
        diff_src.compute = [c = of_data, weights = builder.parameters[weights_].data,
                            diff_dst = diff_dst.data, places = places_](float* to) {
          const OwnFloats own_packed(c->packed_backward_size());
          const OwnFloats own_scratch(c->backward_data_scratch_size());
          c->pack_backward(floats(weights), own_packed.data());
          c->backward_data(floats(diff_dst), bytes(places), own_packed.data(), nullptr, to,
                           own_scratch.data());
        };
      diff_src = builder.with_dims(diff_src, given_);
    }
    return diff_src;
  }

 private:
  /// The pool behind the convolution: its operations are the convolution's.
  class Pooled final : public LayerPlan {
   public:
    explicit Pooled(WinogradPlan& convolution) : convolution_(convolution) {}
    Value forward(Builder&, const Value&) override { return convolution_.dst_; }
    Value backward(Builder& builder, const Value& diff_dst) override {
      return convolution_.unpooled(builder, diff_dst);
    }

   private:
    WinogradPlan& convolution_;
  };

  /// Takes the gradient of the maxima; returns that of the convolution's output, which no step makes.
  Value unpooled(Builder& builder, const Value& maxima) {
    pooled_gradient_ = maxima;
    // Read before the reorder, if there is one, has run.
    const auto compute = [c = make(builder, choice_.tiles.backward_weights), from = maxima.data,
                          desc = dst_.desc, engine = builder.engine, stream = builder.stream,
                          places = places_](float* to) mutable {
      memory in_blocks(desc, engine);
      Reorder(engine, from.get_desc(), desc).run(stream, from, in_blocks);
      c->unpool(floats(in_blocks), bytes(places), to);
    };
    return computed(builder, layer_.output, compute);
  }

  std::shared_ptr<const Convolution> make(Builder& builder, int tile_size) const {
    return std::make_shared<Convolution>(winograd_convolution(layer_, builder.options, tile_size));
  }

  /// Adds an operation that is Winograd: see Builder::add.
  static void add(Builder& builder, Direction direction, const std::string& name,
                  std::initializer_list<memory> uses, std::function<void()> function,
                  const std::string& layout, double error_growth) {
    Operation& operation = builder.add(direction, name, uses, std::move(function), layout);
    operation.algorithm = Algorithm::winograd;
    operation.error_growth = error_growth;
  }

  /// A value that a step does not make.
  static Value computed(const Builder& builder, const Shape& shape, std::function<void(float*)> compute) {
    Value value;
    value.dims = to_dims(builder.options.batch, shape);
    value.desc = blocked_desc(value.dims);
    value.compute = std::move(compute);
    return value;
  }

  std::string name(const Convolution& convolution) const {
    const std::string side = std::to_string(winograd::outputs_of(convolution.shape().tile_size));
    return "winograd:f" + side + "x" + side + (pooling_ ? "+pool:" : ":") + isa_;
  }

  /// Transformed weights: in inference made at set-up, in training by an operation in front of the one that
  /// uses them, whose scratch memory they are.
  memory packed_weights(Builder& builder, std::int64_t size, Direction direction, const std::string& name,
                        const std::function<void(const memory&)>& pack) {
    if (!builder.training()) return builder.parameter_copy(weights_, size, pack);
    const memory packed = builder.scratch(size);
    builder.add(direction, name + ":weights", {packed}, [pack, packed] { pack(packed); });
    return packed;
  }

  const ModelLayer& layer_;
  LayerChoice choice_;
  const ModelLayer* pooling_;
  Activation activation_;
  std::string isa_;
  memory::dims given_;
  Value src_;
  Value dst_;              ///< the maxima, where it pools
  Value pooled_gradient_;  ///< theirs
  memory places_;          ///< of the maxima, for the backward part
  std::size_t weights_ = 0;
  std::size_t bias_ = 0;
};

}  // namespace

winograd::Shape winograd_shape(const ModelLayer& layer, const PrepareOptions& options, int tile_size) {
  return {options.batch,      layer.input.channels,        layer.output.channels,
          layer.input.height, layer.input.width,           layer.output.height,
          layer.output.width, layer.padding.before.height, layer.padding.before.width,
          tile_size};
}

Convolution winograd_convolution(const ModelLayer& layer, const PrepareOptions& options, int tile_size) {
  return Convolution(winograd_shape(layer, options, tile_size), channel_block(), winograd_instruction_set(),
                     options.threads);
}

TileSizes best_tile_sizes(const ModelLayer& layer, const PrepareOptions& options) {
  using winograd::WeightUse;
  const winograd::Shape shape = winograd_shape(layer, options, 1);
  const WeightUse use = options.pass == Pass::forward ? WeightUse::packed : WeightUse::transformed;
  const auto best = [](const winograd::Shape& of, WeightUse with) {
    return winograd::best_tile_size(of, with, channel_block());
  };
  return {best(shape, use), best(shape.backward_data(), use), best(shape, WeightUse::gradient)};
}

bool winograd_can_pool(const ModelLayer& layer) {
  const auto* pool = std::get_if<Pooling>(&layer.kind);
  return pool != nullptr && pool->pool == PoolKind::max && pool->kernel == Extent{2, 2} &&
         pool->stride == Extent{2, 2} && pool->padding == Extent{0, 0} &&
         layer.output.height == layer.input.height / 2 && layer.output.width == layer.input.width / 2;
}

bool winograd_can(const ModelLayer& layer) {
  const auto* conv = std::get_if<cnnbench::Convolution>(&layer.kind);
  return conv != nullptr && conv->kernel == Extent{3, 3} && conv->stride == Extent{1, 1} && conv->groups == 1;
}

std::string winograd_instruction_set() {
  const std::string allowed =
      compat::effective_isa();  // "sse41", "avx", "avx2…", "avx512…", on other CPUs "isa N"
  const auto beyond = [&](const std::string& isa) {
    return isa.starts_with("avx") && !allowed.starts_with("isa") && !allowed.starts_with("avx512") &&
           !allowed.starts_with(isa);
  };
  const std::vector<std::string> ours = winograd::instruction_sets();
  const auto found = std::find_if_not(ours.begin(), ours.end(), beyond);
  return found == ours.end() ? ours.back() : *found;
}

std::unique_ptr<LayerPlan> make_winograd_convolution(const ModelLayer& layer, const LayerChoice& choice,
                                                     const ModelLayer* pooling) {
  return std::make_unique<WinogradPlan>(layer, choice, pooling);
}

}  // namespace cnnbench::onednn

#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

/// All that differs between oneDNN 2.x and 3.x: how primitive descriptors are made. 2.x goes through
/// operation descriptors, one data descriptor for source and destination, and the hint last; 3.x takes all at
/// once.
namespace cnnbench::onednn::compat {

using dnnl::memory;

/// How many of a library's implementations are asked for.
enum class Offers { first, all };

/// A descriptor and, where all are asked for, those of the further implementations.
template <typename Desc>
std::vector<Desc> offers_of(Desc desc, Offers offers) {
  std::vector<Desc> list{desc};
  while (offers == Offers::all && desc.next_impl()) list.push_back(desc);
  return list;
}

/// Forward convolution and inner product.
template <typename Primitive, typename... Arguments>
auto forward_offers(Offers offers, const dnnl::engine& engine, const dnnl::primitive_attr& attr,
                    const Arguments&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return offers_of(typename Primitive::primitive_desc(engine, arguments..., attr), offers);
#else
  // The descriptor keeps a pointer to the operation's for as long as it is asked for further implementations.
  const typename Primitive::desc operation(arguments...);
  return offers_of(typename Primitive::primitive_desc(operation, attr, engine), offers);
#endif
}

/// Backward convolution and inner product.
template <typename Primitive, typename Hint, typename... Arguments>
auto backward_offers(Offers offers, const dnnl::engine& engine, const Hint& hint,
                     const Arguments&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return offers_of(typename Primitive::primitive_desc(engine, arguments..., hint), offers);
#else
  const typename Primitive::desc operation(arguments...);
  return offers_of(typename Primitive::primitive_desc(operation, engine, hint), offers);
#endif
}

/// The library's own choice alone.
template <typename Primitive, typename... Arguments>
auto forward(const Arguments&... arguments) {
  return forward_offers<Primitive>(Offers::first, arguments...).front();
}
template <typename Primitive, typename... Arguments>
auto backward(const Arguments&... arguments) {
  return backward_offers<Primitive>(Offers::first, arguments...).front();
}

inline auto pooling_forward(const dnnl::engine& engine, dnnl::prop_kind prop, dnnl::algorithm algorithm,
                            const memory::desc& src, const memory::desc& dst, const memory::dims& strides,
                            const memory::dims& kernel, const memory::dims& before,
                            const memory::dims& after) {
  using Primitive = dnnl::pooling_forward;
#if DNNL_VERSION_MAJOR >= 3
  return Primitive::primitive_desc(engine, prop, algorithm, src, dst, strides, kernel, {0, 0}, before, after);
#else
  return Primitive::primitive_desc(Primitive::desc(prop, algorithm, src, dst, strides, kernel, before, after),
                                   engine);
#endif
}

inline auto pooling_backward(const dnnl::engine& engine, const dnnl::pooling_forward::primitive_desc& hint,
                             dnnl::algorithm algorithm, const memory::desc& diff_src,
                             const memory::desc& diff_dst, const memory::dims& strides,
                             const memory::dims& kernel, const memory::dims& before,
                             const memory::dims& after) {
  using Primitive = dnnl::pooling_backward;
#if DNNL_VERSION_MAJOR >= 3
  return Primitive::primitive_desc(engine, algorithm, diff_src, diff_dst, strides, kernel, {0, 0}, before,
                                   after, hint);
#else
  return Primitive::primitive_desc(
      Primitive::desc(algorithm, diff_src, diff_dst, strides, kernel, before, after), engine, hint);
#endif
}

inline auto eltwise_forward(const dnnl::engine& engine, dnnl::prop_kind prop, dnnl::algorithm algorithm,
                            const memory::desc& data, float alpha, float beta) {
  using Primitive = dnnl::eltwise_forward;
#if DNNL_VERSION_MAJOR >= 3
  return Primitive::primitive_desc(engine, prop, algorithm, data, data, alpha, beta);
#else
  return Primitive::primitive_desc(Primitive::desc(prop, algorithm, data, alpha, beta), engine);
#endif
}

inline auto eltwise_backward(const dnnl::engine& engine, const dnnl::eltwise_forward::primitive_desc& hint,
                             dnnl::algorithm algorithm, const memory::desc& diff_data,
                             const memory::desc& data, float alpha, float beta) {
  using Primitive = dnnl::eltwise_backward;
#if DNNL_VERSION_MAJOR >= 3
  return Primitive::primitive_desc(engine, algorithm, diff_data, diff_data, data, alpha, beta, hint);
#else
  return Primitive::primitive_desc(Primitive::desc(algorithm, diff_data, data, alpha, beta), engine, hint);
#endif
}

inline auto lrn_forward(const dnnl::engine& engine, dnnl::prop_kind prop, const memory::desc& data,
                        memory::dim window, float alpha, float beta, float k) {
  using Primitive = dnnl::lrn_forward;
  const auto algorithm = dnnl::algorithm::lrn_across_channels;
#if DNNL_VERSION_MAJOR >= 3
  return Primitive::primitive_desc(engine, prop, algorithm, data, data, window, alpha, beta, k);
#else
  return Primitive::primitive_desc(Primitive::desc(prop, algorithm, data, window, alpha, beta, k), engine);
#endif
}

inline auto lrn_backward(const dnnl::engine& engine, const dnnl::lrn_forward::primitive_desc& hint,
                         const memory::desc& diff_data, const memory::desc& data, memory::dim window,
                         float alpha, float beta, float k) {
  using Primitive = dnnl::lrn_backward;
  const auto algorithm = dnnl::algorithm::lrn_across_channels;
#if DNNL_VERSION_MAJOR >= 3
  return Primitive::primitive_desc(engine, algorithm, diff_data, diff_data, data, window, alpha, beta, k,
                                   hint);
#else
  return Primitive::primitive_desc(Primitive::desc(algorithm, data, diff_data, window, alpha, beta, k),
                                   engine, hint);
#endif
}

inline auto batch_normalization_forward(const dnnl::engine& engine, dnnl::prop_kind prop,
                                        const memory::desc& data, float epsilon,
                                        dnnl::normalization_flags flags) {
  using Primitive = dnnl::batch_normalization_forward;
#if DNNL_VERSION_MAJOR >= 3
  return Primitive::primitive_desc(engine, prop, data, data, epsilon, flags);
#else
  return Primitive::primitive_desc(Primitive::desc(prop, data, epsilon, flags), engine);
#endif
}

inline auto batch_normalization_backward(const dnnl::engine& engine,
                                         const dnnl::batch_normalization_forward::primitive_desc& hint,
                                         const memory::desc& diff_data, const memory::desc& data,
                                         float epsilon, dnnl::normalization_flags flags) {
  using Primitive = dnnl::batch_normalization_backward;
  const auto prop = dnnl::prop_kind::backward;
#if DNNL_VERSION_MAJOR >= 3
  return Primitive::primitive_desc(engine, prop, diff_data, diff_data, data, epsilon, flags, hint);
#else
  return Primitive::primitive_desc(Primitive::desc(prop, diff_data, data, epsilon, flags), engine, hint);
#endif
}

/// The shift takes no part in the gradients, but 2.x insists on having it, and 3.x on not having it.
constexpr bool batch_normalization_backward_takes_shift = DNNL_VERSION_MAJOR < 3;

/// Softmax over the channels.
inline auto softmax_forward(const dnnl::engine& engine, dnnl::prop_kind prop, const memory::desc& data) {
  using Primitive = dnnl::softmax_forward;
#if DNNL_VERSION_MAJOR >= 3
  return Primitive::primitive_desc(engine, prop, dnnl::algorithm::softmax_accurate, data, data, 1);
#else
  return Primitive::primitive_desc(Primitive::desc(prop, data, 1), engine);
#endif
}

inline auto softmax_backward(const dnnl::engine& engine, const dnnl::softmax_forward::primitive_desc& hint,
                             const memory::desc& diff_data, const memory::desc& data) {
  using Primitive = dnnl::softmax_backward;
#if DNNL_VERSION_MAJOR >= 3
  return Primitive::primitive_desc(engine, dnnl::algorithm::softmax_accurate, diff_data, diff_data, data, 1,
                                   hint);
#else
  return Primitive::primitive_desc(Primitive::desc(diff_data, data, 1), engine, hint);
#endif
}

/// Adds an activation to what a primitive does to its destination.
inline void append_eltwise(dnnl::post_ops& operations, dnnl::algorithm algorithm) {
#if DNNL_VERSION_MAJOR >= 3
  operations.append_eltwise(algorithm, 0.0F, 0.0F);
#else
  operations.append_eltwise(1.0F, algorithm, 0.0F, 0.0F);
#endif
}

/// The instruction set that the library really uses on this machine (ONEDNN_MAX_CPU_ISA taken in).
inline std::string effective_isa() {
  using dnnl::cpu_isa;
  switch (dnnl::get_effective_cpu_isa()) {
    case cpu_isa::sse41:
      return "sse41";
    case cpu_isa::avx:
      return "avx";
    case cpu_isa::avx2:
      return "avx2";
    case cpu_isa::avx2_vnni:
      return "avx2_vnni";
    case cpu_isa::avx512_core:
      return "avx512_core";
    case cpu_isa::avx512_core_vnni:
      return "avx512_core_vnni";
    case cpu_isa::avx512_core_bf16:
      return "avx512_core_bf16";
    case cpu_isa::avx512_core_amx:
      return "avx512_core_amx";
#if DNNL_VERSION_MAJOR >= 3
    case cpu_isa::avx2_vnni_2:
      return "avx2_vnni_2";
    case cpu_isa::avx512_core_fp16:
      return "avx512_core_fp16";
    case cpu_isa::avx512_core_amx_fp16:
      return "avx512_core_amx_fp16";
#endif
    default:
      return "isa " + std::to_string(static_cast<int>(dnnl::get_effective_cpu_isa()));
  }
}

}  // namespace cnnbench::onednn::compat

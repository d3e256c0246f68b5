#pragma once

#include <functional>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// All that differs between oneDNN 2.x and 3.x: how primitive descriptors are made. 2.x goes through
/// operation descriptors, one data descriptor for source and destination, and the hint last; 3.x takes all at
/// once.
namespace cnnbench::onednn::compat {

using dnnl::memory;

/// How many of a library's implementations are asked for.
enum class Offers { first, all };

/// The library's engine, and which of its implementations may be taken: all, unless somebody says otherwise.
struct Library {
  using Trusted = std::function<bool(const std::string& implementation)>;
  // NOLINTNEXTLINE: where nobody distrusts anything, an engine is a library
  Library(const dnnl::engine& the_engine) : engine(the_engine) {}
  Library(const dnnl::engine& the_engine, Trusted those) : engine(the_engine), trusted(std::move(those)) {}

  const dnnl::engine& engine;
  Trusted trusted = [](const std::string&) { return true; };
};

/// A copy that stays what it is when the original goes on to its next implementation. In 3.x plain copies
/// share what goes on.
template <typename Desc>
Desc copy_of(const Desc& desc) {
#if DNNL_VERSION_MAJOR >= 3
  return Desc(desc.get());
#else
  return desc;
#endif
}

/// The first implementation that may be taken or, where all are asked for, each of them, from this one on.
/// Throws std::runtime_error where the first is asked for and there is none.
template <typename Desc>
std::vector<Desc> offers_of(Desc desc, Offers offers, const Library& library) {
  std::vector<Desc> list;
  do {
    if (library.trusted(desc.impl_info_str())) list.push_back(copy_of(desc));
  } while ((list.empty() || offers == Offers::all) && desc.next_impl());
  if (list.empty() && offers == Offers::first)
    throw std::runtime_error("the library has no other implementation of the operation that was found wrong");
  return list;
}

/// Forward convolution and inner product.
template <typename Primitive, typename... Arguments>
auto forward_offers(Offers offers, const Library& library, const dnnl::primitive_attr& attr,
                    const Arguments&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return offers_of(typename Primitive::primitive_desc(library.engine, arguments..., attr), offers, library);
#else
  // The descriptor keeps a pointer to the operation's for as long as it is asked for further implementations.
  const typename Primitive::desc operation(arguments...);
  return offers_of(typename Primitive::primitive_desc(operation, attr, library.engine), offers, library);
#endif
}

/// Backward convolution and inner product.
template <typename Primitive, typename Hint, typename... Arguments>
auto backward_offers(Offers offers, const Library& library, const Hint& hint, const Arguments&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return offers_of(typename Primitive::primitive_desc(library.engine, arguments..., hint), offers, library);
#else
  const typename Primitive::desc operation(arguments...);
  return offers_of(typename Primitive::primitive_desc(operation, library.engine, hint), offers, library);
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

/// The first implementation that may be taken. In 2.x a descriptor keeps a pointer to the operation's for as
/// long as it is asked for further implementations, so that each function below holds on to that.
template <typename Desc>
Desc first(const Desc& desc, const Library& library) {
  return offers_of(desc, Offers::first, library).front();
}

inline auto pooling_forward(const Library& library, dnnl::prop_kind prop, dnnl::algorithm algorithm,
                            const memory::desc& src, const memory::desc& dst, const memory::dims& strides,
                            const memory::dims& kernel, const memory::dims& before,
                            const memory::dims& after) {
  using Primitive = dnnl::pooling_forward;
#if DNNL_VERSION_MAJOR >= 3
  return first(Primitive::primitive_desc(library.engine, prop, algorithm, src, dst, strides, kernel, {0, 0},
                                         before, after),
               library);
#else
  const Primitive::desc operation(prop, algorithm, src, dst, strides, kernel, before, after);
  return first(Primitive::primitive_desc(operation, library.engine), library);
#endif
}

inline auto pooling_backward(const Library& library, const dnnl::pooling_forward::primitive_desc& hint,
                             dnnl::algorithm algorithm, const memory::desc& diff_src,
                             const memory::desc& diff_dst, const memory::dims& strides,
                             const memory::dims& kernel, const memory::dims& before,
                             const memory::dims& after) {
  using Primitive = dnnl::pooling_backward;
#if DNNL_VERSION_MAJOR >= 3
  return first(Primitive::primitive_desc(library.engine, algorithm, diff_src, diff_dst, strides, kernel,
                                         {0, 0}, before, after, hint),
               library);
#else
  const Primitive::desc operation(algorithm, diff_src, diff_dst, strides, kernel, before, after);
  return first(Primitive::primitive_desc(operation, library.engine, hint), library);
#endif
}

inline auto eltwise_forward(const Library& library, dnnl::prop_kind prop, dnnl::algorithm algorithm,
                            const memory::desc& data, float alpha, float beta) {
  using Primitive = dnnl::eltwise_forward;
#if DNNL_VERSION_MAJOR >= 3
  return first(Primitive::primitive_desc(library.engine, prop, algorithm, data, data, alpha, beta), library);
#else
  const Primitive::desc operation(prop, algorithm, data, alpha, beta);
  return first(Primitive::primitive_desc(operation, library.engine), library);
#endif
}

inline auto eltwise_backward(const Library& library, const dnnl::eltwise_forward::primitive_desc& hint,
                             dnnl::algorithm algorithm, const memory::desc& diff_data,
                             const memory::desc& data, float alpha, float beta) {
  using Primitive = dnnl::eltwise_backward;
#if DNNL_VERSION_MAJOR >= 3
  return first(
      Primitive::primitive_desc(library.engine, algorithm, diff_data, diff_data, data, alpha, beta, hint),
      library);
#else
  const Primitive::desc operation(algorithm, diff_data, data, alpha, beta);
  return first(Primitive::primitive_desc(operation, library.engine, hint), library);
#endif
}

inline auto lrn_forward(const Library& library, dnnl::prop_kind prop, const memory::desc& data,
                        memory::dim window, float alpha, float beta, float k) {
  using Primitive = dnnl::lrn_forward;
  const auto algorithm = dnnl::algorithm::lrn_across_channels;
#if DNNL_VERSION_MAJOR >= 3
  return first(Primitive::primitive_desc(library.engine, prop, algorithm, data, data, window, alpha, beta, k),
               library);
#else
  const Primitive::desc operation(prop, algorithm, data, window, alpha, beta, k);
  return first(Primitive::primitive_desc(operation, library.engine), library);
#endif
}

inline auto lrn_backward(const Library& library, const dnnl::lrn_forward::primitive_desc& hint,
                         const memory::desc& diff_data, const memory::desc& data, memory::dim window,
                         float alpha, float beta, float k) {
  using Primitive = dnnl::lrn_backward;
  const auto algorithm = dnnl::algorithm::lrn_across_channels;
#if DNNL_VERSION_MAJOR >= 3
  return first(Primitive::primitive_desc(library.engine, algorithm, diff_data, diff_data, data, window, alpha,
                                         beta, k, hint),
               library);
#else
  const Primitive::desc operation(algorithm, data, diff_data, window, alpha, beta, k);
  return first(Primitive::primitive_desc(operation, library.engine, hint), library);
#endif
}

inline auto batch_normalization_forward(const Library& library, dnnl::prop_kind prop,
                                        const memory::desc& data, float epsilon,
                                        dnnl::normalization_flags flags) {
  using Primitive = dnnl::batch_normalization_forward;
#if DNNL_VERSION_MAJOR >= 3
  return first(Primitive::primitive_desc(library.engine, prop, data, data, epsilon, flags), library);
#else
  const Primitive::desc operation(prop, data, epsilon, flags);
  return first(Primitive::primitive_desc(operation, library.engine), library);
#endif
}

inline auto batch_normalization_backward(const Library& library,
                                         const dnnl::batch_normalization_forward::primitive_desc& hint,
                                         const memory::desc& diff_data, const memory::desc& data,
                                         float epsilon, dnnl::normalization_flags flags) {
  using Primitive = dnnl::batch_normalization_backward;
  const auto prop = dnnl::prop_kind::backward;
#if DNNL_VERSION_MAJOR >= 3
  return first(
      Primitive::primitive_desc(library.engine, prop, diff_data, diff_data, data, epsilon, flags, hint),
      library);
#else
  const Primitive::desc operation(prop, diff_data, data, epsilon, flags);
  return first(Primitive::primitive_desc(operation, library.engine, hint), library);
#endif
}

/// The shift takes no part in the gradients, but 2.x insists on having it, and 3.x on not having it.
constexpr bool batch_normalization_backward_takes_shift = DNNL_VERSION_MAJOR < 3;

/// Softmax over the channels.
inline auto softmax_forward(const Library& library, dnnl::prop_kind prop, const memory::desc& data) {
  using Primitive = dnnl::softmax_forward;
#if DNNL_VERSION_MAJOR >= 3
  return first(
      Primitive::primitive_desc(library.engine, prop, dnnl::algorithm::softmax_accurate, data, data, 1),
      library);
#else
  const Primitive::desc operation(prop, data, 1);
  return first(Primitive::primitive_desc(operation, library.engine), library);
#endif
}

inline auto softmax_backward(const Library& library, const dnnl::softmax_forward::primitive_desc& hint,
                             const memory::desc& diff_data, const memory::desc& data) {
  using Primitive = dnnl::softmax_backward;
#if DNNL_VERSION_MAJOR >= 3
  return first(Primitive::primitive_desc(library.engine, dnnl::algorithm::softmax_accurate, diff_data,
                                         diff_data, data, 1, hint),
               library);
#else
  const Primitive::desc operation(diff_data, data, 1);
  return first(Primitive::primitive_desc(operation, library.engine, hint), library);
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

/// Brings a reorder to the next of the library's implementations; false where there is none. 2.x tells of the
/// first alone.
inline bool next_reorder(dnnl::reorder::primitive_desc& desc) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_primitive_desc_next_impl(desc.get()) == dnnl_success;  // its class does not have the call
#else
  static_cast<void>(desc);
  return false;
#endif
}

/// A layout of blocks, as the library describes it (dnnl_blocking_desc_t): innermost blocks of these sizes,
/// of these dimensions, and the strides of what is outside of them, in elements.
struct Blocks {
  memory::dims dims;
  memory::dims padded;
  memory::dims strides;
  memory::dims sizes;
  memory::dims of;
  memory::dim first = 0;  ///< where the tensor begins
};

/// The blocks of a layout of f32; nothing for layouts of another kind.
inline std::optional<Blocks> blocks_of(const memory::desc& desc) {
#if DNNL_VERSION_MAJOR >= 3
  if (desc.get_format_kind() != memory::format_kind::blocked) return std::nullopt;
  if (desc.get_data_type() != memory::data_type::f32) return std::nullopt;
  return Blocks{desc.get_dims(),       desc.get_padded_dims(), desc.get_strides(),
                desc.get_inner_blks(), desc.get_inner_idxs(),  desc.get_submemory_offset()};
#else
  const dnnl_memory_desc_t& d = desc.data;
  if (d.format_kind != dnnl_blocked || d.data_type != dnnl_f32) return std::nullopt;
  const dnnl_blocking_desc_t& b = d.format_desc.blocking;
  const auto list = [](const dnnl_dims_t& of, int count) { return memory::dims(of, of + count); };
  return Blocks{list(d.dims, d.ndims),
                list(d.padded_dims, d.ndims),
                list(b.strides, d.ndims),
                list(b.inner_blks, b.inner_nblks),
                list(b.inner_idxs, b.inner_nblks),
                d.offset0};
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

#pragma once

#include <functional>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

#include "kernels/onednn/layout.h"
#include "kernels/onednn/plain_walk.h"

namespace cnnbench::onednn {

/// What a reorder is called that none of the library's implementations gets right, or that it does not have.
inline const std::string plain_walk = "plain_walk";

/// An implementation that did not copy what went in.
struct WrongReorder {
  std::string implementation;
  std::string taken;    ///< what copies in its place
  std::string message;  ///< "1,536 of 61,440 elements are wrong, element 40: found 0, expected 0.0123"
};

/// A copy of f32 from one layout into another: everybody in this folder who needs one has it from here. At
/// set-up, and where somebody reads or writes a tensor, what came out is compared with what went in, element
/// by element, every time. Where it is wrong the library's next implementation is taken, and our own loop
/// where there is none. What was found is kept for the process.
class Reorder {
 public:
  /// Whether an implementation may be taken.
  using Trusted = std::function<bool(const std::string& implementation)>;

  /// Throws dnnl::error where the library has no way between the layouts and they are not of blocks.
  Reorder(
      const dnnl::engine& engine, const dnnl::memory::desc& from, const dnnl::memory::desc& to,
      const Trusted& trusted = [](const std::string&) { return true; });

  /// Copies and compares.
  void run(dnnl::stream& stream, const dnnl::memory& from, const dnnl::memory& to);

  /// What copies, as far as it is known by now.
  std::string implementation() const;

  /// The library's primitive; empty where it is plain_walk.
  const dnnl::primitive& primitive() const { return primitive_; }

  /// " from ab to AB16b64a".
  std::string between() const { return " from " + layout_name(from_) + " to " + layout_name(to_); }

  /// plain_walk, without a comparison.
  void walk(const dnnl::memory& from, const dnnl::memory& to) const;

  /// What was found wrong between these two layouts, in this process.
  std::vector<WrongReorder> wrong() const;

 private:
  struct Known;
  static std::shared_ptr<Known> known_of(const dnnl::memory::desc& from, const dnnl::memory::desc& to);
  void choose();

  dnnl::engine engine_;
  dnnl::memory::desc from_;
  dnnl::memory::desc to_;
  Trusted trusted_;
  std::shared_ptr<Known> known_;
  std::string chosen_;
  dnnl::primitive primitive_;
};

/// For tests: changes what an implementation of the library has copied, before it is compared. Empty:
/// nothing.
using SpoilReorder = std::function<void(const std::string& implementation, const dnnl::memory& copy)>;
SpoilReorder& spoil_reorder();

}  // namespace cnnbench::onednn

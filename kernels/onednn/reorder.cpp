#include "kernels/onednn/reorder.h"

#include <algorithm>

namespace cnnbench::onednn {

using dnnl::memory;

struct Reorder::Known {
  memory::desc from;
  memory::desc to;
  std::vector<WrongReorder> wrong;
};

namespace {

const float* elements(const memory& data) {
  return static_cast<const float*>(data.get_data_handle());
}

std::string in_words(const Comparison& comparison) {
  return std::to_string(comparison.wrong) + " of " + std::to_string(comparison.elements) +
         " elements came out wrong, the first: " + comparison.first;
}

}  // namespace

SpoilReorder& spoil_reorder() {
  static SpoilReorder spoil;
  return spoil;
}

std::shared_ptr<Reorder::Known> Reorder::known_of(const memory::desc& from, const memory::desc& to) {
  static std::vector<std::shared_ptr<Known>> all;
  for (const std::shared_ptr<Known>& each : all)
    if (each->from == from && each->to == to) return each;
  return all.emplace_back(std::make_shared<Known>(Known{from, to, {}}));
}

Reorder::Reorder(const dnnl::engine& engine, const memory::desc& from, const memory::desc& to,
                 const Trusted& trusted)
    : engine_(engine), from_(from), to_(to), trusted_(trusted), known_(known_of(from, to)) {
  choose();
}

/// The library's first implementation that nobody has found wrong.
void Reorder::choose() {
  const auto right = [&](const std::string& name) {
    return trusted_(name) && std::none_of(known_->wrong.begin(), known_->wrong.end(),
                                          [&](const WrongReorder& w) { return w.implementation == name; });
  };
  dnnl::reorder::primitive_desc desc;
  bool there = true;
  try {
    desc = dnnl::reorder::primitive_desc(engine_, from_, engine_, to_);
  } catch (const dnnl::error&) {
    if (!places_of(from_) || !places_of(to_)) throw;
    there = false;
  }
  while (there && !right(desc.impl_info_str())) there = compat::next_reorder(desc);
  if (!there && (!places_of(from_) || !places_of(to_)))
    throw std::runtime_error("no implementation of a reorder that was right");
  chosen_ = there ? std::string(desc.impl_info_str()) : plain_walk;
  primitive_ = there ? dnnl::reorder(desc) : dnnl::primitive();
}

std::string Reorder::implementation() const {
  return chosen_;
}

std::vector<WrongReorder> Reorder::wrong() const {
  return known_->wrong;
}

void Reorder::walk(const memory& from, const memory& to) const {
  copy(*places_of(from_), elements(from), *places_of(to_), static_cast<float*>(to.get_data_handle()));
}

void Reorder::run(dnnl::stream& stream, const memory& from, const memory& to) {
  while (true) {
    if (!primitive_) return walk(from, to);
    dnnl::primitive primitive = primitive_;
    primitive.execute(stream, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    stream.wait();
    if (spoil_reorder()) spoil_reorder()(chosen_, to);
    const std::optional<Places> from_places = places_of(from_);
    const std::optional<Places> to_places = places_of(to_);
    if (!from_places || !to_places)
      return;  // nobody but the library knows these layouts: verification will see
    const Comparison comparison = compare(*from_places, elements(from), *to_places, elements(to));
    if (comparison.wrong == 0) return;
    known_->wrong.push_back({chosen_, "", in_words(comparison)});
    choose();
    for (WrongReorder& each : known_->wrong) each.taken = chosen_;
  }
}

}  // namespace cnnbench::onednn

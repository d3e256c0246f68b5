#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "harness/backend/backend.h"

namespace cnnbench {

/// One of several ways to do the same.
struct Candidate {
  std::string name;  ///< no other candidate of the question has it
  /// Prepares it, and returns what runs it once. Either may throw.
  std::function<std::function<void()>()> make;
};

/// Who chooses where a backend is to take what is the fastest: kernels never time. A backend asks in
/// Backend::prepare(), on the thread that prepares; every rank asks the same questions in the same order, and
/// every rank gets the same answer.
class Tuner {
 public:
  virtual ~Tuner() = default;

  /// The index of the fastest candidate: the first one, which is the backend's choice without a tuner, unless
  /// another is clearly faster. `key` says in words what is chosen, whatever the network: the same words for
  /// equal layers. An answer is kept: equal questions get equal answers. Candidates are made one at a time,
  /// and are gone when they have been timed. Before a timed run `swept_bytes` of other memory are read, as
  /// the rest of a network would; 0: caches stay as they are.
  /// A candidate that throws is out. Where it is the first one its exception passes on. Throws
  /// std::runtime_error where another rank asks something else.
  virtual std::size_t fastest(const std::string& key, std::span<const Candidate> candidates,
                              double swept_bytes) = 0;
};

/// The fastest by the tuner of these options; the first where they have none. Pass and batch are added to the
/// key.
std::size_t fastest(const PrepareOptions& options, const std::string& key,
                    std::span<const Candidate> candidates, double swept_bytes = 0);

}  // namespace cnnbench

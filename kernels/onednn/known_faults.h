#pragma once

#include <string>
#include <vector>

namespace cnnbench::onednn {

/// What is known to be wrong in the releases of one minor version of the library, on CPUs with AVX-512. A CPU
/// without takes other layouts.
struct KnownFault {
  int major;
  int minor;
  std::string implementation;  ///< in the library's words
  std::string what;            ///< what it does wrong
  std::string reference;       ///< where it is reported
};

/// All that is known: the one list of it. tests/kernels/onednn/known_faults_test.cpp holds it against the
/// library that is there.
const std::vector<KnownFault>& known_faults();

/// Those of the library that is linked, on this CPU.
std::vector<KnownFault> known_faults_here();

/// A sentence for each of these.
std::vector<std::string> known_fault_warnings();

}  // namespace cnnbench::onednn

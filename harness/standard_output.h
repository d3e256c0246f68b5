#pragma once

#include <streambuf>
#include <string>
#include <vector>

namespace cnnbench {

/// std::cout while this lives, so that text that does not arrive is noticed and costs nothing else: a reader
/// that ends early (`bench | head`) does not end the program, and a descriptor that the caller has closed is
/// not given to a file of ours, which would then receive the report. Make it before anything opens a file.
class StandardOutput final : public std::streambuf {
 public:
  StandardOutput();
  ~StandardOutput() override;
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;

  /// Writes what is held back. Why text was lost since the start ("No space left on device"), also such as C
  /// functions wrote; empty where all has arrived.
  std::string lost();

 private:
  int_type overflow(int_type c) override;
  int sync() override;

  std::vector<char> buffer_;
  std::streambuf* before_;
  int error_ = 0;
};

/// Shows on stderr that output of `program` was lost, and gives its exit status: `status`, but 1 where that
/// is 0 and something was lost.
int status_with_output(StandardOutput& output, const std::string& program, int status);

}  // namespace cnnbench

#include "harness/standard_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace cnnbench {
namespace {

/// Opens /dev/null in the place of a descriptor that is closed; true where it was.
bool fill(int descriptor) {
  if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) return false;
  const int opened = open("/dev/null", O_RDWR);
  if (opened >= 0 && opened != descriptor) {
    dup2(opened, descriptor);
    close(opened);
  }
  return true;
}

}  // namespace

StandardOutput::StandardOutput() : buffer_(4096), before_(std::cout.rdbuf(this)) {
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  std::signal(SIGPIPE, SIG_IGN);  // a write then fails with EPIPE
  std::signal(SIGXFSZ, SIG_IGN);  // and one beyond a limit of the size of files with EFBIG
  fill(STDIN_FILENO);
  if (fill(STDOUT_FILENO)) error_ = EBADF;
  fill(STDERR_FILENO);
}

StandardOutput::~StandardOutput() {
  sync();
  std::cout.rdbuf(before_);
}

std::string StandardOutput::lost() {
  sync();
  if (std::fflush(stdout) != 0 && error_ == 0) error_ = errno;
  return error_ == 0 ? "" : std::strerror(error_);
}

StandardOutput::int_type StandardOutput::overflow(int_type c) {
  sync();
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  return sputc(traits_type::to_char_type(c));
}

/// Never fails: what is lost is kept in mind, and the stream goes on.
int StandardOutput::sync() {
  for (const char* next = pbase(); next < pptr() && error_ == 0;) {
    const ssize_t written = ::write(STDOUT_FILENO, next, static_cast<std::size_t>(pptr() - next));
    if (written >= 0)
      next += written;
    else if (errno != EINTR)
      error_ = errno;
  }
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return 0;
}

int status_with_output(StandardOutput& output, const std::string& program, int status) {
  const std::string reason = output.lost();
  if (reason.empty()) return status;
  std::cerr << program << ": not all of the output could be written to stdout: " << reason << '\n';
  return status == 0 ? 1 : status;
}

}  // namespace cnnbench

#include "harness/worker/channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace cnnbench {

Channel::~Channel() {
  close(descriptor_);
}

void Channel::send(const nlohmann::json& message) {
  const std::string text = message.dump();
  const std::uint64_t length = text.size();
  send_bytes(std::as_bytes(std::span(&length, 1)));
  send_bytes(std::as_bytes(std::span(text)));
}

nlohmann::json Channel::receive() {
  std::uint64_t length = 0;
  receive_bytes(std::as_writable_bytes(std::span(&length, 1)));
  std::string text(length, '\0');
  receive_bytes(std::as_writable_bytes(std::span(text)));
  return nlohmann::json::parse(text);
}

void Channel::send_bytes(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) throw std::runtime_error("its process has ended");
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

void Channel::receive_bytes(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t received = recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) throw std::runtime_error("its process has ended");
    bytes = bytes.subspan(static_cast<std::size_t>(received));
  }
}

}  // namespace cnnbench

#include "harness/worker/channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace cnnbench {
namespace {

// The longest messages have a few hundred bytes a layer, and a network has at most 10,000 layers.
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 26;

}  // namespace

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
  if (length > most_bytes) throw std::runtime_error("its process sent a message of impossible length");
  std::string text(length, '\0');
  receive_bytes(std::as_writable_bytes(std::span(text)));
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(std::string("its process sent something that is no message: ") + error.what());
  }
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

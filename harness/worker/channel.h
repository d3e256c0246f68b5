#pragma once

#include <nlohmann/json.hpp>
#include <span>

namespace cnnbench {

/// One end of a stream socket between two processes on one machine: JSON texts, and plain numbers whose count
/// both ends know. Every call blocks; each throws std::runtime_error where the other end is gone or sends
/// what is no message.
class Channel {
 public:
  /// Takes over the descriptor.
  explicit Channel(int descriptor) : descriptor_(descriptor) {}
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void send(const nlohmann::json& message);
  nlohmann::json receive();
  void send_bytes(std::span<const std::byte> bytes);
  void receive_bytes(std::span<std::byte> bytes);

 private:
  int descriptor_;
};

}  // namespace cnnbench

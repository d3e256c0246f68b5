#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/worker/channel.h"

namespace cnnbench {

/// A text as Channel::send sends it, or with another length than it has.
inline std::string framed(const std::string& text, std::uint64_t length) {
  std::string all(sizeof length, '\0');
  std::memcpy(all.data(), &length, sizeof length);
  return all + text;
}
inline std::string framed(const std::string& text) {
  return framed(text, text.size());
}

/// What a channel receives where `sent` comes, and then the end; less than 64 KiB, which a socket holds.
inline nlohmann::json received(const std::string& sent) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::abort();
  Channel channel(ends[0]);
  const ssize_t count = send(ends[1], sent.data(), sent.size(), MSG_DONTWAIT);
  if (count != static_cast<ssize_t>(sent.size())) std::abort();
  close(ends[1]);
  return channel.receive();
}

}  // namespace cnnbench

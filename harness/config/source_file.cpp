#include "harness/config/source_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "harness/config/config.h"
#include "harness/config/utf8.h"

namespace cnnbench {
namespace {

constexpr std::size_t most_bytes = 1 << 20;

}  // namespace

SourceFile::SourceFile(const std::filesystem::path& file) : name_(file.string()) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) fail("there is no such file");
  if (error) fail("cannot be read: " + error.message());
  if (std::filesystem::is_directory(status)) fail("is a folder; expected a config file");
  // A pipe or a device may never end, and every rank has to read the same.
  if (!std::filesystem::is_regular_file(status)) fail("is not a regular file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail(fmt::format("cannot be read: {}", std::strerror(errno)));
  text_.resize(most_bytes + 1);
  stream.read(text_.data(), static_cast<std::streamsize>(text_.size()));
  if (stream.bad()) fail("cannot be read to its end");
  text_.resize(static_cast<std::size_t>(stream.gcount()));
  if (text_.size() > most_bytes) fail("is larger than 1 MiB; a config is a short text file");
  check_text();
}

SourceFile::SourceFile(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
  check_text();
}

void SourceFile::check_text() {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
  lines_ = {0};
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') lines_.push_back(i + 1);
  }
  for (std::size_t i = 0; i < text_.size();) {
    const auto byte = static_cast<unsigned char>(text_[i]);
    const std::size_t length = utf8_length(std::string_view(text_).substr(i));
    if (length == 0) {
      fail(place(i), fmt::format("byte 0x{:02X} is not valid UTF-8; expected a text file in UTF-8", byte));
    }
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F) {
      fail(place(i),
           fmt::format("control character 0x{:02X}; expected a text file, this looks binary", byte));
    }
    i += length;
  }
}

void SourceFile::fail(Place place, std::string_view message) const {
  const std::size_t end = offset(place);
  const Place found = this->place(end);
  const std::size_t begin = end - static_cast<std::size_t>(found.column);
  const std::size_t characters = utf8_characters(std::string_view(text_).substr(begin, end - begin));
  throw ConfigError(fmt::format("{}:{}:{}: {}", name_, found.line + 1, characters + 1, message));
}

void SourceFile::fail(std::string_view message) const {
  throw ConfigError(fmt::format("{}: {}", name_, message));
}

std::size_t SourceFile::offset(Place place) const {
  if (place.line < 0 || place.line >= static_cast<int>(lines_.size())) return text_.size();
  return std::min(text_.size(), lines_[place.line] + static_cast<std::size_t>(std::max(0, place.column)));
}

Place SourceFile::place(std::size_t offset) const {
  const auto line = std::upper_bound(lines_.begin(), lines_.end(), offset) - 1;
  return {static_cast<int>(line - lines_.begin()), static_cast<int>(offset - *line)};
}

}  // namespace cnnbench

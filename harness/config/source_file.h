#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cnnbench {

/// A place in a file as yaml-cpp counts: line and byte of the line, from 0. Messages count from 1, in
/// characters.
struct Place {
  int line = 0;
  int column = 0;
};

/// The text of a config file, known to be text: UTF-8 without control characters other than tab and line
/// breaks.
class SourceFile {
 public:
  /// Throws ConfigError where the file is missing, a folder or unreadable, larger than 1 MiB, or no text. A
  /// byte order mark is left out.
  explicit SourceFile(const std::filesystem::path& file);
  /// The same of a text that was read before.
  SourceFile(std::string name, std::string text);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }

  /// Throws ConfigError "name:line:column: message".
  [[noreturn]] void fail(Place place, std::string_view message) const;

  /// Throws ConfigError "name: message", for what concerns the file as a whole.
  [[noreturn]] void fail(std::string_view message) const;

  /// Where in text() a place is (its end where the place lies behind it), and back.
  std::size_t offset(Place place) const;
  Place place(std::size_t offset) const;

 private:
  void check_text();

  std::string name_;
  std::string text_;
  std::vector<std::size_t> lines_;  ///< where each begins
};

}  // namespace cnnbench

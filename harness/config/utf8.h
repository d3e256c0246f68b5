#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cnnbench {

/// Bytes (1 to 4) of the well-formed UTF-8 character that `text` begins with, 0 where it begins with none
/// (The Unicode Standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text);

/// Characters in `text`; a byte that belongs to none counts as one.
std::size_t utf8_characters(std::string_view text);

/// `text` in single quotes as a message shows it: on one line, without control characters, cut after 40
/// characters.
std::string in_quotes(std::string_view text);

}  // namespace cnnbench

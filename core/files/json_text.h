// Strings of JSON (RFC 8259): all of JSON that safetensors headers need beyond brackets and natural numbers.
#pragma once

#include <knoll/core/files/text_cursor.h>

#include <string>
#include <string_view>

namespace knoll {

/// Reads a string in double quotes and undoes its escapes. Strict: no control characters, no half surrogate pairs.
std::string read_json_string(TextCursor& cursor);
/// In double quotes, with what must be escaped escaped.
std::string json_quoted(std::string_view text);
/// True for well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace knoll

// How much room a text takes in a terminal.
#pragma once

#include <cstddef>
#include <string>

namespace knoll::apps {

/// How many columns a UTF-8 text takes: none for accents that are set above another character, two for the wide characters of East Asia
/// and for pictures, one for all others and for a byte that is no UTF-8.
std::size_t display_width(const std::string& text);

/// The text if it has no more than so many columns; otherwise as much of its beginning as fits before "…".
std::string shortened(const std::string& text, std::size_t width);

}  // namespace knoll::apps

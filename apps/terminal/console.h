// Where a command writes, and what is known of the place.
#pragma once

#include <iosfwd>
#include <string>

namespace knoll::apps {

struct Console {
    std::ostream& out;
    std::ostream& error;
    bool terminal = false;  ///< out is a terminal: colours and progress bars are welcome
};

/// Standard output and standard error.
Console standard_console();

/// Bold on a terminal, plain elsewhere.
std::string bold(const Console& console, const std::string& text);
/// Faint on a terminal, plain elsewhere.
std::string faint(const Console& console, const std::string& text);

}  // namespace knoll::apps

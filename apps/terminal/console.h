// Where a command writes, and what is known of the place.
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>

namespace knoll::apps {

struct Console {
    std::ostream& out;
    std::ostream& error;
    bool terminal = false;                    ///< out is a terminal: colours and progress bars are welcome
    std::function<std::size_t()> width = {};  ///< columns of the terminal, asked anew each time since it may change; 0: not known
};

/// Standard output and standard error.
Console standard_console();

/// Columns that a line may have: those of the terminal, 80 where they are not known.
std::size_t columns(const Console& console);

/// Bold on a terminal, plain elsewhere.
std::string bold(const Console& console, const std::string& text);
/// Faint on a terminal, plain elsewhere.
std::string faint(const Console& console, const std::string& text);

}  // namespace knoll::apps

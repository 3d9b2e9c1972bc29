#include <knoll/apps/terminal/console.h>

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace knoll::apps {

Console standard_console() {
    const char* kind = std::getenv("TERM");
    const bool terminal = isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string(kind) != "dumb";
    return {.out = std::cout, .error = std::cerr, .terminal = terminal};
}

std::string bold(const Console& console, const std::string& text) { return console.terminal ? "\033[1m" + text + "\033[0m" : text; }
std::string faint(const Console& console, const std::string& text) { return console.terminal ? "\033[2m" + text + "\033[0m" : text; }

}  // namespace knoll::apps

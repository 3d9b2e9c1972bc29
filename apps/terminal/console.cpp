#include <knoll/apps/terminal/console.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace knoll::apps {

namespace {

constexpr std::size_t usual_columns = 80;

std::size_t terminal_columns() {
    winsize size{};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

Console standard_console() {
    const char* kind = std::getenv("TERM");
    const bool terminal = isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string(kind) != "dumb";
    return {.out = std::cout, .error = std::cerr, .terminal = terminal, .width = terminal_columns};
}

std::size_t columns(const Console& console) {
    const std::size_t known = console.width ? console.width() : 0;
    return known > 0 ? known : usual_columns;
}

std::string bold(const Console& console, const std::string& text) { return console.terminal ? "\033[1m" + text + "\033[0m" : text; }
std::string faint(const Console& console, const std::string& text) { return console.terminal ? "\033[2m" + text + "\033[0m" : text; }

}  // namespace knoll::apps

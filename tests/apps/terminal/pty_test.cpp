// The command in a real terminal, a pseudo-terminal, whose size changes while it runs.
#include <knoll/apps/terminal/display_width.h>

#include <catch2/catch.hpp>

#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

using knoll::apps::display_width;

namespace {

class Terminal {
public:
    Terminal(unsigned short columns, const std::vector<std::string>& arguments) {
        winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        std::vector<std::string> words = arguments;
        std::string program = KNOLL_COMMAND;
        std::vector<char*> argv{program.data()};
        for (std::string& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        process_ = forkpty(&master_, nullptr, nullptr, &size);
        if (process_ == 0) {
            setenv("TERM", "xterm", 1);
            execv(argv[0], argv.data());
            _exit(127);
        }
    }
    ~Terminal() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            waitpid(process_, nullptr, 0);
        }
        close(master_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    bool read_some() {
        std::array<char, 4096> buffer{};
        const ssize_t count = ::read(master_, buffer.data(), buffer.size());
        if (count > 0) text_.append(buffer.data(), static_cast<std::size_t>(count));
        return count > 0;
    }
    void resize(unsigned short columns) const {
        const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        ioctl(master_, TIOCSWINSZ, &size);
    }
    const std::string& text() const { return text_; }
    int wait() {
        int status = 0;
        waitpid(std::exchange(process_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    int master_ = -1;
    pid_t process_ = 0;
    std::string text_;
};

// Widths of the lines of the progress bar, in their order.
std::vector<std::size_t> bar_widths(const std::string& text) {
    std::vector<std::size_t> widths;
    const std::string clear = "\r\033[K";
    for (std::size_t at = text.find(clear); at != std::string::npos; at = text.find(clear, at + 1)) {
        const std::size_t begin = at + clear.size();
        const std::string line = text.substr(begin, text.find_first_of("\r\n", begin) - begin);
        if (line.find(" %") != std::string::npos) widths.push_back(display_width(line));
    }
    return widths;
}

}  // namespace

TEST_CASE("in a terminal the progress bar stays on one row, also when the terminal becomes narrower") {
    Terminal terminal{80,
                      {"train", "missing-labels", "--data", "shapes", "--train-size", "3000", "--test-size", "50", "--epochs", "2", "--model", "mlp", "--loss",
                       "hill", "--batch", "8"}};
    while (bar_widths(terminal.text()).empty() && terminal.read_some()) continue;
    terminal.resize(30);
    while (terminal.read_some()) continue;
    INFO(terminal.text());
    REQUIRE(terminal.wait() == 0);
    CHECK(terminal.text().find("making the data of missing-labels ready: shapes") != std::string::npos);
    const std::vector<std::size_t> widths = bar_widths(terminal.text());
    REQUIRE(widths.size() >= 2);
    for (std::size_t i = 0; i < widths.size(); ++i) CHECK(widths[i] <= (widths[i > 0 ? i - 1 : 0] <= 29 && i > 0 ? 29U : 79U));
    CHECK(widths.front() > 29);
    CHECK(widths.back() <= 29);
    CHECK(terminal.text().find("loss    mAP") != std::string::npos);  // the table, in parts
}

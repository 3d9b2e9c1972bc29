// The knoll command as a process of its own, for what only processes can show: signals, limits, locks.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace knoll::test {

struct Ended {
    int status = -1;  ///< -1: a signal ended it
    int signal = 0;
    std::string out;
    std::string error;
};

class Child {
public:
    /// A size_limit is that of every file that it writes, in bytes; 0: none.
    explicit Child(const std::vector<std::string>& arguments, rlim_t size_limit = 0) {
        std::string program = KNOLL_COMMAND;
        std::vector<std::string> words = arguments;
        std::vector<char*> argv{program.data()};
        for (std::string& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        if (pipe(out_.data()) != 0 || pipe(error_.data()) != 0) throw std::runtime_error("no pipe");
        process_ = fork();
        if (process_ < 0) throw std::runtime_error("no process");
        if (process_ == 0) become(argv.data(), size_limit);
        close(out_[1]);
        close(error_[1]);
    }
    ~Child() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            waitpid(process_, nullptr, 0);
        }
        close(out_[0]);
        close(error_[0]);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Reads what it prints until that text has come; false if it ends before.
    bool prints(const std::string& text) {
        while (printed_.find(text) == std::string::npos)
            if (!read_some(out_[0], printed_)) return false;
        return true;
    }
    /// Nobody reads what it prints any more.
    void close_output() { close(std::exchange(out_[0], -1)); }
    void signal(int number) const { ::kill(process_, number); }
    Ended wait() {
        Ended ended;
        while (read_some(out_[0], printed_)) continue;
        while (read_some(error_[0], ended.error)) continue;
        int status = 0;
        waitpid(std::exchange(process_, 0), &status, 0);
        if (WIFEXITED(status)) ended.status = WEXITSTATUS(status);
        if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
        ended.out = printed_;
        return ended;
    }

private:
    [[noreturn]] void become(char* const* argv, rlim_t size_limit) const {
        dup2(out_[1], STDOUT_FILENO);
        dup2(error_[1], STDERR_FILENO);
        for (const int end : {out_[0], out_[1], error_[0], error_[1]}) close(end);
        std::signal(SIGPIPE, SIG_DFL);  // whoever runs the tests may ignore it
        const rlimit limit{size_limit, size_limit};
        if (size_limit > 0) setrlimit(RLIMIT_FSIZE, &limit);
        execv(argv[0], argv);
        _exit(127);
    }
    static bool read_some(int end, std::string& text) {
        std::array<char, 4096> buffer{};
        const ssize_t count = read(end, buffer.data(), buffer.size());
        if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
        return count > 0;
    }

    std::array<int, 2> out_{};
    std::array<int, 2> error_{};
    pid_t process_ = 0;
    std::string printed_;
};

}  // namespace knoll::test

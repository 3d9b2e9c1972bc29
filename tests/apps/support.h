// What the tests of the command share: calls of it, and folders that vanish.
#pragma once

#include <knoll/apps/command.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace knoll::test {

struct Output {
    int status = 0;
    std::string out;
    std::string error;
};

/// Runs the knoll command with these arguments.
inline Output call(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream error;
    apps::Console console{out, error};
    const int status = apps::run_command(arguments, console);
    return {status, out.str(), error.str()};
}

/// The same, interrupted as by Ctrl-C as soon as the line of the first epoch has been written.
inline Output call_interrupted(const std::vector<std::string>& arguments) {
    class Interrupting : public std::stringbuf {
        int sync() override {
            if (!sent_ && str().find("epoch 1/") != std::string::npos) {
                sent_ = true;
                std::raise(SIGINT);
            }
            return 0;
        }
        bool sent_ = false;
    };
    Interrupting buffer;
    std::ostream out{&buffer};
    std::ostringstream error;
    apps::Console console{out, error};
    const int status = apps::run_command(arguments, console);
    return {status, buffer.str(), error.str()};
}

/// A folder of its own for one test, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "knoll-apps-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string operator/(const std::string& name) const { return (path_ / name).string(); }
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

inline std::string read_text(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>(file), {}};
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace knoll::test

// Files that tests make.
#pragma once

#include <knoll/core/text.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace knoll {

/// A file in a folder of its own, both gone when this is.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& content = {}) {
        static int number = 0;
        folder_ = std::filesystem::temp_directory_path() / text("knoll_test_", getpid(), "_", number++);
        std::filesystem::create_directory(folder_);
        write(content);
    }
    ~TemporaryFile() { std::filesystem::remove_all(folder_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    void write(const std::string& content) const { std::ofstream(path(), std::ios::binary) << content; }
    std::string read() const {
        std::ifstream in(path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::string path() const { return (folder_ / "file").string(); }
    std::string folder() const { return folder_.string(); }

private:
    std::filesystem::path folder_;
};

}  // namespace knoll

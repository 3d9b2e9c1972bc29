#include <knoll/core/error.h>
#include <knoll/core/files/atomic_file.h>
#include <catch2/catch.hpp>

#include "support/temporary_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>

using namespace knoll;
using Catch::Contains;

namespace {

std::size_t files_in(const std::string& folder) {
    const std::filesystem::directory_iterator files(folder);
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

// No file of this process can grow beyond so many bytes: a disk that is full.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) : signal_before_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, signal_before_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    rlimit before_{};
    void (*signal_before_)(int);
};

}  // namespace

TEST_CASE("a file that was written is read back, the empty one too") {
    const TemporaryFile file;
    for (const std::string& content : {std::string("one\0two", 7), std::string(), std::string(100'000, 'x')}) {
        write_file(file.path(), content);
        CHECK(file.read() == content);
        const auto bytes = read_file(file.path());
        CHECK(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == content);
    }
    CHECK(files_in(file.folder()) == 1);
}

TEST_CASE("parts of a file are written one after another") {
    const TemporaryFile file;
    const std::string first = "first", second = "second";
    write_file(file.path(), std::array{std::as_bytes(std::span(first)), std::span<const std::byte>(), std::as_bytes(std::span(second))});
    CHECK(file.read() == "firstsecond");
}

TEST_CASE("a write that fails half-way leaves the old file and nothing else") {
    const TemporaryFile file("old");
    {
        const FullDisk full(1000);
        CHECK_THROWS_WITH(write_file(file.path(), std::string(5000, 'x')), Contains("[write_file]") && Contains(file.path()) && Contains("File too large"));
    }
    CHECK(file.read() == "old");
    CHECK(files_in(file.folder()) == 1);
}

TEST_CASE("a file in a folder that is not there cannot be written") {
    const TemporaryFile file;
    CHECK_THROWS_WITH(write_file(file.folder() + "/no/file", "x"), Contains("No such file or directory"));
    CHECK_THROWS_AS(write_file(file.folder() + "/no/file", "x"), FileError);
}

TEST_CASE("a folder is neither replaced nor read") {
    const TemporaryFile file;
    std::filesystem::create_directory(file.folder() + "/inner");
    CHECK_THROWS_AS(write_file(file.folder() + "/inner", "x"), FileError);
    CHECK(files_in(file.folder()) == 2);
    CHECK_THROWS_WITH(read_file(file.folder()), Contains("[read_file] expected a regular file"));
}

TEST_CASE("a file that is not there cannot be read") {
    const TemporaryFile file;
    CHECK_THROWS_WITH(read_file(file.folder() + "/none"), Contains("[read_file]") && Contains("/none") && Contains("No such file or directory"));
    CHECK_THROWS_WITH(read_file("/dev/zero"), Contains("expected a regular file"));
}

TEST_CASE("a written file has the permissions of any new file") {
    const TemporaryFile file;
    const mode_t mask = ::umask(0027);
    write_file(file.path(), "x");
    ::umask(mask);
    struct stat status = {};
    REQUIRE(::stat(file.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("a device is written to, never replaced") {
    const TemporaryFile file;
    const std::string pipe = file.folder() + "/pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
    write_file(pipe, "through");
    std::array<char, 16> got{};
    CHECK(::read(reader, got.data(), got.size()) == 7);
    ::close(reader);
    CHECK(std::string(got.data()) == "through");
    CHECK(std::filesystem::is_fifo(pipe));
}

TEST_CASE("a link stays a link, and the file behind it is replaced") {
    const TemporaryFile file("old");
    const std::string link = file.folder() + "/link";
    std::filesystem::create_symlink(file.path(), link);
    write_file(link, "new");
    CHECK(std::filesystem::is_symlink(link));
    CHECK(file.read() == "new");
}

TEST_CASE("of several files none is replaced unless all can be written") {
    const TemporaryFile file("old");
    const std::string second = file.folder() + "/second", nowhere = file.folder() + "/none/third";
    const std::string content = "new";
    const auto bytes = std::as_bytes(std::span(content));
    const std::vector<FileParts> some{{file.path(), {bytes}}, {second, {bytes, bytes}}};
    std::vector<FileParts> more = some;
    more.push_back({nowhere, {bytes}});
    CHECK_THROWS_WITH(write_files(more), Contains(nowhere));
    CHECK(file.read() == "old");
    CHECK(files_in(file.folder()) == 1);
    write_files(some);
    CHECK(file.read() == "new");
    CHECK(read_file(second).size() == 6);
    CHECK(files_in(file.folder()) == 2);
}

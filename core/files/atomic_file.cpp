#include <knoll/core/error.h>
#include <knoll/core/files/atomic_file.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <system_error>
#include <utility>

namespace knoll {

namespace {

constexpr std::size_t largest_transfer = std::size_t{1} << 30;  // one call moves no more than 2 GiB

std::string last_reason() { return std::generic_category().message(errno); }

// A file descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const { return number_; }
    bool valid() const { return number_ >= 0; }
    // False where the system reports only now that something was not written.
    bool close() { return ::close(std::exchange(number_, -1)) == 0; }

private:
    int number_;
};

// Calls transfer(offset, count) until it has moved all bytes; false on an error or an early end.
template <class Transfer>
bool transfer_all(std::size_t size, const Transfer& transfer) {
    std::size_t done = 0;
    while (done < size) {
        errno = 0;
        const ssize_t moved = transfer(done, std::min(size - done, largest_transfer));
        if (moved < 0 && errno == EINTR) continue;
        if (moved <= 0) return false;
        done += static_cast<std::size_t>(moved);
    }
    return true;
}

std::string sibling_of(const std::string& target) {
    static std::atomic<unsigned> count{0};
    return text(target, ".", static_cast<long>(::getpid()), "-", count++, ".tmp");
}

[[noreturn]] void fail_writing(const std::string& target) { fail<FileError>("[write_file] expected to write ", target, ", got: ", last_reason()); }

void append(const Descriptor& file, std::span<const std::byte> bytes, const std::string& target) {
    const auto write = [&](std::size_t offset, std::size_t count) { return ::write(file.number(), bytes.data() + offset, count); };
    if (!transfer_all(bytes.size(), write)) fail_writing(target);
}

// A new file beside its target, removed unless it takes the target's place.
class Sibling {
public:
    explicit Sibling(const std::string& target)
        : target_(target), path_(sibling_of(target)), file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
        if (!file_.valid()) fail_writing(target_);
    }
    ~Sibling() {
        if (file_exists_) ::unlink(path_.c_str());
    }
    Sibling(const Sibling&) = delete;
    Sibling& operator=(const Sibling&) = delete;

    void write(std::span<const std::span<const std::byte>> parts) {
        for (const std::span<const std::byte> part : parts) append(file_, part, target_);
        if (::fsync(file_.number()) != 0 || !file_.close()) fail_writing(target_);
    }

    void take_place() {
        if (::rename(path_.c_str(), target_.c_str()) != 0) fail_writing(target_);
        file_exists_ = false;
        flush_folder();
    }

private:
    // Without it a power cut may undo the renaming. Not every file system can, and the file itself is whole in any case.
    void flush_folder() const {
        const std::string folder = std::filesystem::path(target_).parent_path().string();
        const Descriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (descriptor.valid()) static_cast<void>(::fsync(descriptor.number()));
    }

    std::string target_;
    std::string path_;
    Descriptor file_;
    bool file_exists_ = true;
};

// /dev/stdout, a pipe: what can be written to, but never replaced by a file.
bool is_device(const std::string& path) {
    struct stat status = {};
    return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

void write_to_device(const std::string& path, std::span<const std::span<const std::byte>> parts) {
    Descriptor device(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!device.valid()) fail_writing(path);
    for (const std::span<const std::byte> part : parts) append(device, part, path);
    if (!device.close()) fail_writing(path);
}

// A link stays, and what it points to is replaced.
std::string behind_links(const std::string& path) {
    std::error_code error;
    const std::filesystem::path target = std::filesystem::canonical(path, error);
    return error ? path : target.string();
}

std::size_t size_of_file(const Descriptor& file, const std::string& path) {
    struct stat status = {};
    require<FileError>(::fstat(file.number(), &status) == 0, "[read_file] expected to read ", path, ", got: ", last_reason());
    require<FileError>(S_ISREG(status.st_mode), "[read_file] expected a regular file, got ", path, ", which is a folder or a device");
    return static_cast<std::size_t>(status.st_size);
}

std::vector<std::byte> allocate(std::size_t size, const std::string& path) {
    try {
        return std::vector<std::byte>(size);
    } catch (const std::bad_alloc&) {
        fail<FileError>("[read_file] expected ", path, " to fit into memory, got ", size, " bytes");
    }
}

}  // namespace

std::vector<std::byte> read_file(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    require<FileError>(file.valid(), "[read_file] expected to read ", path, ", got: ", file.valid() ? "" : last_reason());
    std::vector<std::byte> bytes = allocate(size_of_file(file, path), path);
    const auto read = [&](std::size_t offset, std::size_t count) { return ::read(file.number(), bytes.data() + offset, count); };
    if (!transfer_all(bytes.size(), read))
        fail<FileError>("[read_file] expected ", bytes.size(), " bytes from ", path, ", got: ", errno != 0 ? last_reason() : "an early end");
    return bytes;
}

void write_file(const std::string& path, std::span<const std::span<const std::byte>> parts) {
    const FileParts file{path, {parts.begin(), parts.end()}};
    write_files(std::span(&file, 1));
}

void write_files(std::span<const FileParts> files) {
    std::deque<Sibling> siblings;
    for (const FileParts& file : files)
        if (!is_device(file.path)) siblings.emplace_back(behind_links(file.path)).write(file.parts);
    for (const FileParts& file : files)
        if (is_device(file.path)) write_to_device(file.path, file.parts);
    for (Sibling& sibling : siblings) sibling.take_place();
}

void write_file(const std::string& path, std::span<const std::byte> bytes) { write_file(path, std::span<const std::span<const std::byte>>(&bytes, 1)); }

void write_file(const std::string& path, std::string_view text) { write_file(path, std::as_bytes(std::span(text))); }

}  // namespace knoll

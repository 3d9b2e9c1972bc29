// What the fuzz targets share: bytes as a file, and what a reader may do with them.
#pragma once

#include <knoll/core/error.h>
#include <knoll/core/tensor.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace knoll::fuzz {

[[noreturn]] inline void report(const std::string& finding) {
    std::fprintf(stderr, "%s\n", finding.c_str());
    std::abort();
}

/// Runs a reader. It may succeed, or throw an Error that says what was expected and what there was; anything else is a finding.
template <class Read>
void attempt(const Read& read) {
    try {
        read();
    } catch (const Error& error) {
        const std::string_view message = error.what();
        const bool teaches = message.find("expected") != std::string_view::npos && message.find("got") != std::string_view::npos;
        if (!teaches) report(text("an error that does not say what was expected and what there was: ", message));
    }
}

/// The same for a reader of a file: an error about the file must name it.
template <class Read>
void attempt_file(const std::string& path, const Read& read) {
    attempt([&] {
        try {
            read();
        } catch (const FileError& error) {
            if (std::string_view(error.what()).find(path) == std::string_view::npos) report(text("an error that does not name the file: ", error.what()));
            throw;
        }
    });
}

/// A file in memory: writing thousands a second to a disk would be slower, and wear it.
class MemoryFile {
public:
    MemoryFile(const std::uint8_t* data, std::size_t size) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
        if (descriptor_ < 0 || write(descriptor_, data, size) != static_cast<ssize_t>(size)) report("expected a file in memory, got none");
    }
    explicit MemoryFile(std::string_view bytes) : MemoryFile(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) {}
    ~MemoryFile() { close(descriptor_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    std::string path() const { return text("/proc/self/fd/", descriptor_); }

private:
    int descriptor_;
};

inline std::span<const std::byte> bytes_of(const std::uint8_t* data, std::size_t size) { return std::as_bytes(std::span(data, size)); }

/// Reads every element, so that the sanitizer sees whether all of them are there.
inline void touch(const Tensor& tensor) {
    if (tensor.to_vector().size() != static_cast<std::size_t>(tensor.numel())) report("a tensor of another number of elements than its shape says");
}

/// The same of the images and labels of a data set.
template <class Set>
void touch_set(const Set& set) {
    touch(set.images());
    touch(set.labels());
}

}  // namespace knoll::fuzz

// Bytes of a file that may be compressed, read front to back. What a file claims to hold is checked against what it can
// hold before memory is asked for.
#pragma once

#include <knoll/core/error.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace knoll::data {

class ByteSource {
public:
    virtual ~ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

    /// Fills `out` with the next bytes. Throws FileError, in which `what` names them, if there are fewer.
    virtual void read(std::span<std::byte> out, const char* what) = 0;
    /// More bytes than this cannot follow.
    virtual std::uint64_t most_left() const = 0;
    /// Throws FileError if anything follows.
    virtual void expect_end() = 0;

    /// Throws a FileError that names format, path and offset (in the inflated bytes) unless the condition holds.
    template <class... Parts>
    void require(bool condition, const Parts&... parts) const {
        knoll::require<FileError>(condition, "[", format_, "] ", path_, ", offset ", offset_, ": ", parts...);
    }

protected:
    ByteSource(std::string format, std::string path) : format_(std::move(format)), path_(std::move(path)) {}

    std::string format_;
    std::string path_;
    std::uint64_t offset_ = 0;
};

/// The bytes of a file: inflated if it begins as a gzip stream does, else as they are. A gzip stream may have several members, and zeros
/// may follow it, as the gzip program has it; of anything else behind it that program warns, and this refuses it. The format names the
/// reader in error texts. Throws FileError.
std::unique_ptr<ByteSource> open_source(const std::string& format, const std::string& path);

}  // namespace knoll::data

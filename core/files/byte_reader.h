// A cursor over the bytes of a file that cannot leave them. Whatever it refuses becomes a FileError that begins with
// "[format] path, offset N: ".
#pragma once

#include <knoll/core/error.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace knoll {

class ByteReader {
public:
    /// The format names the reader in error texts ("npy", "idx"). The bytes must outlive the reader.
    ByteReader(std::string format, std::string path, std::span<const std::byte> bytes) : format_(std::move(format)), path_(std::move(path)), bytes_(bytes) {}

    std::size_t offset() const { return offset_; }
    std::size_t remaining() const { return bytes_.size() - offset_; }
    const std::string& path() const { return path_; }

    /// Moves to a position counted from the first byte.
    void seek(std::uint64_t offset, std::string_view what);
    /// The next count bytes. `what` names them in the error: "expected 4 bytes for the magic number, got 2".
    std::span<const std::byte> bytes(std::uint64_t count, std::string_view what);
    /// The next count bytes as characters.
    std::string_view characters(std::uint64_t count, std::string_view what);

    /// The next unsigned number, least significant byte first.
    template <std::unsigned_integral Number>
    Number little_endian(std::string_view what) {
        std::uint64_t number = 0;
        int shift = 0;
        for (const std::byte byte : bytes(sizeof(Number), what)) {
            number |= std::to_integer<std::uint64_t>(byte) << shift;
            shift += 8;
        }
        return static_cast<Number>(number);
    }
    /// The next unsigned number, most significant byte first.
    template <std::unsigned_integral Number>
    Number big_endian(std::string_view what) {
        std::uint64_t number = 0;
        for (const std::byte byte : bytes(sizeof(Number), what)) number = number << 8 | std::to_integer<std::uint64_t>(byte);
        return static_cast<Number>(number);
    }

    /// The product of counts that a file states; throws where those that are not 0 multiply to more than 63 bits hold.
    std::uint64_t product(std::span<const std::uint64_t> factors, std::string_view what) const;

    /// Throws unless every byte has been read.
    void expect_end() const;

    /// Throws a FileError that names format, path and offset unless the condition holds.
    template <class... Parts>
    void require(bool condition, const Parts&... parts) const {
        if (!condition) [[unlikely]]
            fail(parts...);
    }
    template <class... Parts>
    [[noreturn]] void fail(const Parts&... parts) const {
        knoll::fail<FileError>("[", format_, "] ", path_, ", offset ", offset_, ": ", parts...);
    }

private:
    std::string format_;
    std::string path_;
    std::span<const std::byte> bytes_;
    std::size_t offset_ = 0;
};

}  // namespace knoll

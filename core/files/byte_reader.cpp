#include <knoll/core/files/byte_reader.h>

namespace knoll {

void ByteReader::seek(std::uint64_t offset, std::string_view what) {
    require(offset <= bytes_.size(), "expected ", what, " within the file's ", bytes_.size(), " bytes, got offset ", offset);
    offset_ = static_cast<std::size_t>(offset);
}

std::span<const std::byte> ByteReader::bytes(std::uint64_t count, std::string_view what) {
    require(count <= remaining(), "expected ", count, " bytes for ", what, ", got ", remaining());
    const auto found = bytes_.subspan(offset_, static_cast<std::size_t>(count));
    offset_ += found.size();
    return found;
}

std::string_view ByteReader::characters(std::uint64_t count, std::string_view what) {
    const auto found = bytes(count, what);
    return {reinterpret_cast<const char*>(found.data()), found.size()};
}

std::uint64_t ByteReader::product(std::span<const std::uint64_t> factors, std::string_view what) const {
    std::int64_t all = 1;
    bool is_empty = false;
    for (const std::uint64_t factor : factors) {
        is_empty = is_empty || factor == 0;
        require(factor == 0 || !__builtin_mul_overflow(all, factor, &all), "expected a countable number of ", what, ", got an overflow");
    }
    return is_empty ? 0 : static_cast<std::uint64_t>(all);
}

void ByteReader::expect_end() const { require(remaining() == 0, "expected the end of the file, got ", remaining(), " more bytes"); }

}  // namespace knoll

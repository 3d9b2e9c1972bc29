#include <knoll/core/files/zip_format.h>

#include <zlib.h>

namespace knoll::zip {

std::uint32_t extend_checksum(std::uint32_t checksum, std::span<const std::byte> bytes) {
    if (bytes.empty()) return checksum;  // zlib would start anew at a null pointer
    return static_cast<std::uint32_t>(::crc32(checksum, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

}  // namespace knoll::zip

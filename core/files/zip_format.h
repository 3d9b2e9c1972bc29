// Numbers of the zip format that its reader and its writer share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace knoll::zip {

constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t central_signature = 0x02014b50;
constexpr std::uint32_t end_signature = 0x06054b50;
// Sizes of the records without their names, extra fields and comments.
constexpr std::size_t local_size = 30;
constexpr std::size_t entry_size = 46;
constexpr std::size_t end_size = 22;
constexpr std::uint16_t version = 20;
constexpr std::uint16_t stored = 0;
constexpr std::uint16_t deflated = 8;
constexpr std::uint16_t flag_encrypted = 1;
constexpr std::uint16_t flag_utf8 = 1 << 11;
constexpr std::uint32_t limit = 0xffffffff;  // from here on an archive needs zip64
constexpr std::uint16_t member_limit = 0xffff;

/// The checksum (CRC-32) of bytes that follow those of the given one; fewer than 4 GiB.
std::uint32_t extend_checksum(std::uint32_t checksum, std::span<const std::byte> bytes);

}  // namespace knoll::zip

// Zip archives (PKWARE's APPNOTE 6.3), as far as npz files use them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace knoll {

/// A file within an archive. Its bytes lie apart from each other, so that large arrays need not be copied to be written.
struct ZipMember {
    std::string name;
    std::vector<std::span<const std::byte>> parts;
};

/// Writes an archive of members stored uncompressed. Throws ValueError on an empty or repeated name, more than 65535
/// members, or 4 GiB.
void write_zip(const std::string& path, const std::vector<ZipMember>& members);

struct UnzippedMember {
    std::string name;
    std::vector<std::byte> bytes;
};

/// All members of an archive that lies in memory, stored or deflated, their checksums verified. What is unpacked is at most
/// 1032 times the archive, deflate's own limit. Throws FileError; path stands in its text.
std::vector<UnzippedMember> read_zip(std::span<const std::byte> archive, const std::string& path);

}  // namespace knoll

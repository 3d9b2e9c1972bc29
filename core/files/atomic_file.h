// Whole files: read with their size checked, and written so that a crash or a full disk leaves the old file as it was.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace knoll {

/// All bytes of a regular file. Throws FileError with the path and the reason.
std::vector<std::byte> read_file(const std::string& path);

/// Replaces the file: writes beside it, flushes to the disk, renames, flushes the folder. On failure nothing of it stays behind, and the old file
/// is untouched. A link is followed; a device or a pipe is written to. Throws FileError with the path and the reason.
void write_file(const std::string& path, std::span<const std::byte> bytes);
void write_file(const std::string& path, std::string_view text);
/// The same for bytes that lie in several places, one after another in the file.
void write_file(const std::string& path, std::span<const std::span<const std::byte>> parts);

struct FileParts {
    std::string path;
    std::vector<std::span<const std::byte>> parts;
};
/// The same for several files: none takes its place before all are written.
void write_files(std::span<const FileParts> files);

}  // namespace knoll

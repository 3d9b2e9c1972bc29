// NumPy's .npz files: zip archives of .npy files.
#pragma once

#include <knoll/core/files/named_tensors.h>

#include <cstddef>
#include <span>
#include <string>

namespace knoll {

/// Reads every array, stored or deflated, in the archive's order and without the ".npy" of its name. Throws FileError on zip64,
/// encryption, overlapping entries, a wrong checksum, or an entry that is no .npy file.
NamedTensors load_npz(const std::string& path);
/// Writes an uncompressed archive, as numpy.savez does. Throws ValueError on an empty or repeated name, and from 4 GiB on.
void save_npz(const std::string& path, const NamedTensors& tensors);

/// Reads a file that lies in memory; path stands in error texts.
NamedTensors decode_npz(std::span<const std::byte> bytes, const std::string& path);

}  // namespace knoll

// Files in the safetensors format: a header in JSON, then the elements of all tensors.
#pragma once

#include <knoll/core/files/named_tensors.h>

#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace knoll {

/// What a safetensors file holds.
struct TensorFile {
    NamedTensors tensors;                         ///< in the header's order
    std::map<std::string, std::string> metadata;  ///< the header's __metadata__
};

/// Reads F32, F64, I64, U8, and BOOL (as u8). Strict: the tensors' bytes must cover the file without overlap or hole. Throws
/// FileError on anything else, before it allocates.
TensorFile load_safetensors(const std::string& path);
/// Throws ValueError on an empty or repeated name, or one that is not UTF-8.
void save_safetensors(const std::string& path, const NamedTensors& tensors, const std::map<std::string, std::string>& metadata = {});

/// Reads a file that lies in memory; path stands in error texts.
TensorFile decode_safetensors(std::span<const std::byte> bytes, const std::string& path);

}  // namespace knoll

// The checksum of a checkpoint: safetensors has none, and weights with a flipped bit are still weights.
#pragma once

#include <knoll/core/files/named_tensors.h>

#include <map>
#include <string>

namespace knoll::nn {

/// The entry of the metadata that holds it.
inline const std::string checksum_key = "crc32";

/// CRC-32 of every tensor with its name, type and shape and of every entry of the metadata but the checksum itself; in decimal.
std::string checkpoint_checksum(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata);

}  // namespace knoll::nn

// The header of a safetensors file.
#pragma once

#include <knoll/core/dtype.h>
#include <knoll/core/files/byte_reader.h>

#include <map>
#include <string>
#include <vector>

namespace knoll {

/// One tensor of the header: its bytes are begin .. end behind the header.
struct TensorEntry {
    std::string name = {};
    DType dtype = DType::f32;
    std::vector<std::uint64_t> shape = {};
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct SafetensorsHeader {
    std::vector<TensorEntry> entries;  ///< in the text's order
    std::map<std::string, std::string> metadata;
};

/// Reads the header's length and the header, and leaves the reader behind them. Offsets are as the file states them.
SafetensorsHeader read_safetensors_header(ByteReader& reader);
/// The header's length and the header, padded so that the elements begin at a multiple of 8.
std::string write_safetensors_header(const SafetensorsHeader& header);

}  // namespace knoll

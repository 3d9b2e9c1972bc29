#include <knoll/nn/training/checksum.h>

#include <knoll/core/files/raw_bytes.h>
#include <knoll/core/files/zip_format.h>
#include <knoll/core/text.h>

#include <algorithm>

namespace knoll::nn {

namespace {

constexpr std::size_t largest_part = std::size_t{1} << 30;  // zlib counts in 32 bits

std::uint32_t extend(std::uint32_t checksum, std::span<const std::byte> bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), largest_part)))
        checksum = zip::extend_checksum(checksum, bytes.first(std::min(bytes.size(), largest_part)));
    return checksum;
}

std::uint32_t extend(std::uint32_t checksum, const std::string& line) { return extend(checksum, std::as_bytes(std::span(line))); }

}  // namespace

std::string checkpoint_checksum(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
    std::uint32_t checksum = 0;
    for (const auto& [key, value] : metadata)
        if (key != checksum_key) checksum = extend(checksum, text(key.size(), ' ', key, ' ', value.size(), ' ', value, '\n'));
    for (const auto& [name, tensor] : tensors) {
        checksum = extend(checksum, text(name, ' ', tensor.dtype(), ' ', tensor.shape(), '\n'));
        checksum = extend(checksum, raw_bytes(tensor));
    }
    return text(checksum);
}

}  // namespace knoll::nn

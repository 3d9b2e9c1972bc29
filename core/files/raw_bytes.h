// A tensor's elements as bytes, for those who write them to files.
#pragma once

#include <knoll/core/tensor.h>

#include <cstddef>
#include <span>

namespace knoll {

inline std::span<const std::byte> raw_bytes(const Tensor& tensor) {
    return {static_cast<const std::byte*>(tensor.raw_data()), static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype())};
}

}  // namespace knoll

// What a loss does with the losses of its elements or examples.
#pragma once

#include <cstdint>
#include <string>

namespace knoll {

enum class Reduction : std::uint8_t { none, mean, sum };

/// "none", "mean" or "sum".
inline std::string to_string(Reduction reduction) {
    if (reduction == Reduction::none) return "none";
    return reduction == Reduction::mean ? "mean" : "sum";
}

}  // namespace knoll

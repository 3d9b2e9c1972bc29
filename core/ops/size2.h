// A height and a width.
#pragma once

#include <knoll/core/text.h>

#include <cstdint>
#include <string>

namespace knoll {

/// Two extents; one number stands for both.
struct Size2 {
    Size2(int both) : height(both), width(both) {}
    Size2(std::int64_t both) : height(both), width(both) {}
    Size2(std::int64_t h, std::int64_t w) : height(h), width(w) {}
    friend bool operator==(const Size2&, const Size2&) = default;

    std::int64_t height;
    std::int64_t width;
};

/// "(3, 1)".
inline std::string to_text(const Size2& size) { return text("(", size.height, ", ", size.width, ")"); }

}  // namespace knoll

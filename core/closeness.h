// Whether two tensors agree, and where they do not.
#pragma once

#include <knoll/core/tensor.h>

#include <cstdint>
#include <string>

namespace knoll {

struct Tolerance {
    double absolute = 0;  ///< |actual - expected| <= absolute + relative * |expected|
    double relative = 1e-6;
};

struct Closeness {
    bool comparable = false;     ///< both defined, of one shape
    std::int64_t differing = 0;  ///< how many elements are further apart than is tolerated
    std::int64_t worst = -1;     ///< flat index of the one that is furthest; -1 where all are equal
    std::string report;          ///< all of this in words, with shapes and types

    bool ok() const { return comparable && differing == 0; }
};

/// Compares element by element, whatever the types. NaN agrees with NaN and an infinity with itself. Throws ValueError on a negative tolerance.
Closeness compare(const Tensor& actual, const Tensor& expected, const Tolerance& tolerance = {});

}  // namespace knoll

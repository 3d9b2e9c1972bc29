// One dimension of a tensor, seen from an op that works along it.
#pragma once

#include <knoll/core/shape.h>

namespace knoll {

/// A tensor as [outer, extent, inner] around one of its dimensions; a scalar is [1, 1, 1].
struct Axis {
    Axis(const char* op, const Shape& shape, std::int64_t which) : dim(wrap_dim(op, which, shape.rank())) {
        for (std::int64_t i = 0; i < shape.rank(); ++i) (i < dim ? outer : i == dim ? extent : inner) *= shape[i];
    }

    std::int64_t dim;
    std::int64_t outer = 1, extent = 1, inner = 1;
};

}  // namespace knoll

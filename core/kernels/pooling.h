// Pooling over windows of planes: each image's channel is a plane of its own.
#pragma once

#include <knoll/core/memory.h>
#include <knoll/core/ops/size2.h>

#include <cstdint>
#include <vector>

namespace knoll::kernels {

/// Windows of one size at regular distances.
struct MaxPooling {
    std::int64_t planes = 0;
    Size2 in = 0, out = 0, kernel = 1, stride = 1, padding = 0;
};

/// out [planes, out]: the largest of each window; position: where in its plane it stands, the first in row-major order.
template <class T>
void max_pool(const MaxPooling& pooling, const T* x, T* out, std::int32_t* position);

/// out [planes, positions] picked from x [planes, pixels].
template <class T>
void gather_planes(std::int64_t planes, std::int64_t pixels, std::int64_t positions, const T* x, const std::int32_t* position, T* out);
/// The adjoint: x is 0 but where out is added, in order.
template <class T>
void scatter_planes(std::int64_t planes, std::int64_t pixels, std::int64_t positions, const T* out, const std::int32_t* position, T* x);

/// What one output row or column averages over: begin <= i < end, and what their sum is divided by along this dimension.
struct Window {
    std::int64_t begin, end, divisor;
};
using Windows = std::vector<Window, SmallAllocator<Window>>;

/// Windows of any size; each output position belongs to one of the rows and one of the columns.
struct AveragePooling {
    std::int64_t planes = 0;
    Size2 in = 0;
    Windows rows, columns;

    Size2 out() const { return {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(columns.size())}; }
};

/// out [planes, out]: sums over windows, divided.
template <class T>
void average_pool(const AveragePooling& pooling, const T* x, T* out);
/// The adjoint: x [planes, in].
template <class T>
void average_pool_adjoint(const AveragePooling& pooling, const T* out, T* x);

}  // namespace knoll::kernels

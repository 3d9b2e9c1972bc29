#include <knoll/core/kernels/map.h>

namespace knoll::kernels {

namespace {

// The stride of an operand along each dimension of the result, innermost first; 0 where it is repeated.
IntList broadcast_strides(const Shape& operand, const Shape& out) {
    IntList strides;
    std::int64_t stride = 1;
    for (std::int64_t i = 0; i < out.rank(); ++i) {
        const std::int64_t dim = operand.rank() - 1 - i;
        const std::int64_t extent = dim >= 0 ? operand[dim] : 1;
        strides.push_back(extent == 1 ? 0 : stride);
        stride *= extent;
    }
    return strides;
}

}  // namespace

BroadcastPlan::BroadcastPlan(const Shape& a, const Shape& b, const Shape& out) {
    const IntList a_all = broadcast_strides(a, out);
    const IntList b_all = broadcast_strides(b, out);
    IntList extents, a_merged, b_merged;
    for (std::int64_t i = 0; i < out.rank(); ++i) {
        const std::int64_t extent = out[out.rank() - 1 - i];
        if (extent == 1) continue;
        const std::int64_t last = extents.rank() - 1;
        if (last >= 0 && a_all[i] == a_merged[last] * extents[last] && b_all[i] == b_merged[last] * extents[last]) {
            extents[last] *= extent;
            continue;
        }
        extents.push_back(extent);
        a_merged.push_back(a_all[i]);
        b_merged.push_back(b_all[i]);
    }
    if (extents.empty()) return;
    row = extents[0];
    a_step = a_merged[0];
    b_step = b_merged[0];
    for (std::int64_t i = 1; i < extents.rank(); ++i) {
        rows *= extents[i];
        extents_.push_back(extents[i]);
        a_strides_.push_back(a_merged[i]);
        b_strides_.push_back(b_merged[i]);
    }
}

BroadcastPlan::Offsets BroadcastPlan::offsets(std::int64_t r) const {
    Offsets at{0, 0};
    for (std::int64_t i = 0; i < extents_.rank(); ++i) {
        const std::int64_t index = r % extents_[i];
        r /= extents_[i];
        at.a += index * a_strides_[i];
        at.b += index * b_strides_[i];
    }
    return at;
}

}  // namespace knoll::kernels

// Which matrices of two batches meet when their leading dimensions broadcast.
#pragma once

#include <knoll/core/shape.h>

namespace knoll::kernels {

class BatchPlan {
public:
    /// The leading dimensions of both operands; throws ShapeError naming the op if they do not broadcast.
    BatchPlan(const char* op, const Shape& a, const Shape& b)
        : shape_(broadcast_shapes(op, a, b, "leading dimensions")), a_strides_(repeated_strides(a)), b_strides_(repeated_strides(b)) {}

    /// The leading dimensions of the result.
    const Shape& shape() const { return shape_; }

    struct Pair {
        std::int64_t a, b;
    };
    /// The numbers of the two matrices that make the result's matrix `index`.
    Pair operands(std::int64_t index) const {
        Pair pair{0, 0};
        for (std::int64_t dim = shape_.rank() - 1; dim >= 0; --dim) {
            const std::int64_t position = index % shape_[dim];
            index /= shape_[dim];
            pair.a += position * a_strides_[dim];
            pair.b += position * b_strides_[dim];
        }
        return pair;
    }

private:
    // Matrices between neighbours along each dimension of the result; 0 where the operand is repeated.
    IntList repeated_strides(const Shape& operand) const {
        IntList strides;
        strides.assign(shape_.rank(), 0);
        std::int64_t stride = 1;
        for (std::int64_t i = 1; i <= operand.rank(); ++i) {
            const std::int64_t extent = operand[operand.rank() - i];
            if (extent != 1) strides[shape_.rank() - i] = stride;
            stride *= extent;
        }
        return strides;
    }

    Shape shape_;
    IntList a_strides_, b_strides_;
};

/// All but the last two dimensions.
inline Shape leading_shape(const Shape& shape) {
    Shape leading;
    for (std::int64_t i = 0; i + 2 < shape.rank(); ++i) leading.push_back(shape[i]);
    return leading;
}

}  // namespace knoll::kernels

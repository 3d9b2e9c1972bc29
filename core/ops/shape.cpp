// Reshapes: the same array under another shape.
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

namespace knoll {

namespace {

Shape resolve_shape(const Tensor& a, const Shape& wanted) {
    Shape shape = wanted;
    std::int64_t known = 1, unknown = -1;
    for (std::int64_t i = 0; i < shape.rank(); ++i) {
        require<ShapeError>(shape[i] >= -1, "[reshape] expected extents from 0, or one of -1, got ", wanted);
        if (shape[i] != -1) {
            require<ShapeError>(!__builtin_mul_overflow(known, shape[i], &known), "[reshape] expected a shape of ", a.numel(),
                                " elements for a tensor of shape ", a.shape(), ", got ", wanted);
            continue;
        }
        require<ShapeError>(unknown < 0, "[reshape] expected at most one extent of -1, got ", wanted);
        unknown = i;
    }
    if (unknown >= 0) {
        require<ShapeError>(known > 0, "[reshape] expected no extent of 0 beside one of -1, which could then be anything, got ", wanted);
        shape[unknown] = a.numel() / known;
    }
    require<ShapeError>(shape.numel() == a.numel(), "[reshape] expected a shape of ", a.numel(), " elements for a tensor of shape ", a.shape(), ", got ",
                        wanted);
    return shape;
}

}  // namespace

Tensor reshape(const Tensor& a, const Shape& wanted) {
    const Shape shape = resolve_shape(a, wanted);
    if (shape == a.shape()) return a;
    return record("reshape", share_storage(a, shape), gradient(a, [before = a.shape()](const Tensor& g) { return reshape(g, before); }));
}

Tensor flatten(const Tensor& a, std::int64_t first, std::int64_t last) {
    first = wrap_dim("flatten", first, a.rank());
    last = wrap_dim("flatten", last, a.rank());
    require<ShapeError>(first <= last, "[flatten] expected a first dimension up to the last, got ", first, " and ", last);
    if (a.rank() == 0) return reshape(a, {1});
    Shape shape;
    for (std::int64_t i = 0; i < a.rank(); ++i) {
        if (i > first && i <= last)
            shape[first] *= a.shape()[i];
        else
            shape.push_back(a.shape()[i]);
    }
    return reshape(a, shape);
}

Tensor squeeze(const Tensor& a, const Dims& dims) {
    const IntList asked = dim_flags("squeeze", dims, a.rank());
    Shape shape;
    for (std::int64_t i = 0; i < a.rank(); ++i)
        if (asked[i] == 0 || a.shape()[i] != 1) shape.push_back(a.shape()[i]);
    return reshape(a, shape);
}

Tensor unsqueeze(const Tensor& a, std::int64_t dim) {
    const std::int64_t last = a.rank();  // one past the dimensions that there are
    require<ShapeError>(dim >= -last - 1 && dim <= last, "[unsqueeze] expected a dimension from ", -last - 1, " to ", last, " for a tensor of rank ", last,
                        ", got ", dim);
    Shape shape = a.shape();
    shape.insert(dim < 0 ? dim + last + 1 : dim, 1);
    return reshape(a, shape);
}

}  // namespace knoll

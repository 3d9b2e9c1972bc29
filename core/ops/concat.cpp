// Joining and cutting along a dimension.
#include <knoll/core/kernels/copy.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

#include <algorithm>
#include <numeric>

namespace knoll {

namespace {

Shape joined_shape(const std::vector<Tensor>& parts, std::int64_t dim) {
    Shape shape = parts[0].shape();
    for (std::size_t i = 1; i < parts.size(); ++i) {
        Shape expected = shape, got = parts[i].shape();
        const bool same_rank = expected.rank() == got.rank();
        if (same_rank) expected[dim] = got[dim];
        require<ShapeError>(same_rank && expected == got, "[concat] expected shapes that differ in dimension ", dim, " alone, got ", parts[0].shape(),
                            " for part 0 and ", got, " for part ", i);
        shape[dim] += got[dim];
    }
    return shape;
}

DType common_type(const std::vector<Tensor>& parts) {
    return std::accumulate(parts.begin(), parts.end(), DType::u8, [](DType common, const Tensor& part) { return promote(common, part.dtype()); });
}

}  // namespace

Tensor concat(const std::vector<Tensor>& parts, std::int64_t dim) {
    require<ValueError>(!parts.empty(), "[concat] expected at least one tensor, got none");
    require<ShapeError>(parts[0].rank() > 0, "[concat] expected at least one dimension, got scalars; use stack()");
    dim = wrap_dim("concat", dim, parts[0].rank());
    const Shape shape = joined_shape(parts, dim);
    Tensor out = empty(shape, common_type(parts));
    kernels::Layout write = kernels::row_major(shape);
    std::vector<AnyGradient> gradients;
    std::int64_t begin = 0;
    for (const Tensor& part : parts) {
        const Tensor converted = part.to(out.dtype());
        const std::int64_t end = begin + part.shape()[dim];
        write.offset = begin * write.strides[dim];
        kernels::copy(part.shape(), converted, kernels::row_major(part.shape()), out, write);
        gradients.push_back({converted, GradientFunction([dim, begin, end](const Tensor& g, const Tensor&) { return slice(g, dim, begin, end); })});
        begin = end;
    }
    return record("concat", std::move(out), std::move(gradients));
}

Tensor stack(const std::vector<Tensor>& parts, std::int64_t dim) {
    require<ValueError>(!parts.empty(), "[stack] expected at least one tensor, got none");
    dim = wrap_dim("stack", dim, parts[0].rank() + 1);
    std::vector<Tensor> slices;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        require<ShapeError>(parts[i].shape() == parts[0].shape(), "[stack] expected tensors of one shape, got ", parts[0].shape(), " for part 0 and ",
                            parts[i].shape(), " for part ", i);
        slices.push_back(unsqueeze(parts[i], dim));
    }
    return concat(slices, dim);
}

std::vector<Tensor> split(const Tensor& a, std::int64_t size, std::int64_t dim) {
    require<ValueError>(size >= 1, "[split] expected a size of at least 1, got ", size);
    require<ShapeError>(a.rank() > 0, "[split] expected at least one dimension, got a scalar");
    std::vector<std::int64_t> sizes;
    for (std::int64_t left = a.size(wrap_dim("split", dim, a.rank())); left > 0 || sizes.empty(); left -= size) sizes.push_back(std::min(left, size));
    return split(a, sizes, dim);
}

std::vector<Tensor> split(const Tensor& a, const std::vector<std::int64_t>& sizes, std::int64_t dim) {
    require<ShapeError>(a.rank() > 0, "[split] expected at least one dimension, got a scalar");
    dim = wrap_dim("split", dim, a.rank());
    std::vector<Tensor> parts;
    std::int64_t begin = 0;
    for (const std::int64_t size : sizes) {
        require<ValueError>(size >= 0 && size <= a.shape()[dim] - begin, "[split] expected sizes that add up to ", a.shape()[dim], ", the extent of dimension ",
                            dim, ", got ", size, " where ", a.shape()[dim] - begin, " are left");
        parts.push_back(slice(a, dim, begin, begin + size));
        begin += size;
    }
    require<ValueError>(begin == a.shape()[dim], "[split] expected sizes that add up to ", a.shape()[dim], ", the extent of dimension ", dim, ", got a sum of ",
                        begin);
    return parts;
}

}  // namespace knoll

// Each op that reads at indices has one that adds there as its gradient, and the other way round.
#include <knoll/core/kernels/index.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/axis.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

#include <algorithm>

namespace knoll {

namespace {

// Throws unless every index lies from 0 to count - 1, naming the first that does not.
void require_indices(const char* op, const Tensor& index, std::int64_t count) {
    require<DTypeError>(index.dtype() == DType::i64, "[", op, "] expected indices of type i64, got ", index.dtype(), "; convert with .to(DType::i64)");
    const auto values = index.data<std::int64_t>();
    const auto bad = std::find_if(values.begin(), values.end(), [count](std::int64_t value) { return value < 0 || value >= count; });
    if (bad == values.end()) return;
    IntList position = row_major_strides(index.shape());
    std::int64_t flat = bad - values.begin();
    for (std::int64_t& entry : position) {
        const std::int64_t stride = entry;
        entry = flat / stride;
        flat %= stride;
    }
    require<IndexError>(count > 0, "[", op, "] expected no indices into a dimension without elements, got ", *bad, " at position ", position);
    fail<IndexError>("[", op, "] expected indices from 0 to ", count - 1, ", got ", *bad, " at position ", position);
}

// Cuts a tensor down to an index's extents in every dimension but one.
Tensor cropped_to(const Tensor& a, const Shape& extents, std::int64_t dim) {
    Tensor out = a;
    for (std::int64_t i = 0; i < a.rank(); ++i)
        if (i != dim) out = slice(out, i, 0, extents[i]);
    return out;
}

// The opposite: zeros after its end along every dimension but one, up to the given shape.
Tensor padded_to(const Tensor& a, const Shape& shape, std::int64_t dim) {
    std::vector<std::pair<std::int64_t, std::int64_t>> amounts;
    for (std::int64_t i = 0; i < a.rank(); ++i) amounts.emplace_back(0, i == dim ? 0 : shape[i] - a.shape()[i]);
    return pad(a, amounts);
}

void require_index_fits(const char* op, const Tensor& a, std::int64_t dim, const Tensor& index) {
    bool fits = index.rank() == a.rank();
    for (std::int64_t i = 0; fits && i < a.rank(); ++i) fits = i == dim || index.shape()[i] <= a.shape()[i];
    require<ShapeError>(fits, "[", op, "] expected an index of rank ", a.rank(), " with no larger extents than ", a.shape(), " except in dimension ", dim,
                        ", got ", index.shape());
}

Tensor gather_along(const Tensor& a, std::int64_t dim, const Tensor& index);

// Zeros with the given extent along dim, and source added at index.
Tensor scatter_along(const Tensor& source, std::int64_t dim, const Tensor& index, std::int64_t extent) {
    const Axis axis("scatter_add", index.shape(), dim);
    Shape shape = index.shape();
    if (shape.rank() > 0) shape[dim] = extent;
    Tensor out = zeros(shape, source.dtype());
    visit(source.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::scatter_add(source.data<T>().data(), index.data<std::int64_t>().data(), axis.outer, extent, axis.extent, axis.inner, out.fresh_data<T>());
    });
    return record("scatter_add", std::move(out), gradient(source, [dim, index = Saved(index)](const Tensor& g) { return gather_along(g, dim, index); }));
}

// gather() where all extents but dim's agree.
Tensor gather_along(const Tensor& a, std::int64_t dim, const Tensor& index) {
    const Axis axis("gather", index.shape(), dim);
    const std::int64_t extent = a.rank() > 0 ? a.shape()[dim] : 1;
    Tensor out = empty(index.shape(), a.dtype());
    visit(a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::gather(a.data<T>().data(), index.data<std::int64_t>().data(), axis.outer, extent, axis.extent, axis.inner, out.fresh_data<T>());
    });
    return record("gather", std::move(out), gradient(a, [dim, extent, index = Saved(index)](const Tensor& g) { return scatter_along(g, dim, index, extent); }));
}

// Zeros with the given extent along dim, and the slices of source added at index.
Tensor index_add(const Tensor& source, std::int64_t dim, const Tensor& index, std::int64_t extent) {
    const Axis axis("index_add", source.shape(), dim);
    Shape shape = source.shape();
    shape[dim] = extent;
    Tensor out = zeros(shape, source.dtype());
    visit(source.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::add_rows(source.data<T>().data(), index.data<std::int64_t>().data(), axis.outer, extent, axis.extent, axis.inner, out.fresh_data<T>());
    });
    return record("index_add", std::move(out), gradient(source, [dim, index = Saved(index)](const Tensor& g) { return index_select(g, dim, index); }));
}

}  // namespace

Tensor gather(const Tensor& a, std::int64_t dim, const Tensor& index) {
    dim = wrap_dim("gather", dim, a.rank());
    require_index_fits("gather", a, dim, index);
    require_indices("gather", index, a.rank() > 0 ? a.shape()[dim] : 1);
    return gather_along(cropped_to(a, index.shape(), dim), dim, index);
}

Tensor scatter_add(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source) {
    dim = wrap_dim("scatter_add", dim, a.rank());
    require_index_fits("scatter_add", a, dim, index);
    require<ShapeError>(source.shape() == index.shape(), "[scatter_add] expected a source of the index's shape ", index.shape(), ", got ", source.shape());
    require<DTypeError>(is_floating(a.dtype()) || !is_floating(source.dtype()), "[scatter_add] expected a source of integers for a tensor of ", a.dtype(),
                        ", got ", source.dtype(), "; convert the tensor with .to(DType::", source.dtype(), ")");
    const std::int64_t extent = a.rank() > 0 ? a.shape()[dim] : 1;
    require_indices("scatter_add", index, extent);
    const Tensor added = scatter_along(source.to(a.dtype()), dim, index, extent);
    return a + padded_to(added, a.shape(), dim);
}

Tensor index_select(const Tensor& a, std::int64_t dim, const Tensor& index) {
    require<ShapeError>(a.rank() > 0 && index.rank() == 1, "[index_select] expected a tensor of rank 1 or more and a vector of indices, got shapes ", a.shape(),
                        " and ", index.shape());
    const Axis axis("index_select", a.shape(), dim);
    require_indices("index_select", index, axis.extent);
    Shape shape = a.shape();
    shape[axis.dim] = index.numel();
    Tensor out = empty(shape, a.dtype());
    visit(a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::select_rows(a.data<T>().data(), index.data<std::int64_t>().data(), axis.outer, axis.extent, index.numel(), axis.inner, out.fresh_data<T>());
    });
    return record("index_select", std::move(out),
                  gradient(a, [dim = axis.dim, extent = axis.extent, index = Saved(index)](const Tensor& g) { return index_add(g, dim, index, extent); }));
}

Tensor one_hot(const Tensor& index, std::int64_t classes, DType dtype) {
    require<ValueError>(classes >= 1, "[one_hot] expected at least one class, got ", classes);
    require_indices("one_hot", index, classes);
    Shape shape = index.shape();
    shape.push_back(classes);
    Tensor out = zeros(shape, dtype);
    visit(dtype, [&](auto zero) {
        using T = decltype(zero);
        T* row = out.fresh_data<T>();
        for (const std::int64_t value : index.data<std::int64_t>()) {
            row[value] = T(1);
            row += classes;
        }
    });
    return out;
}

Tensor embedding(const Tensor& weight, const Tensor& index) {
    require<ShapeError>(weight.rank() == 2, "[embedding] expected a weight of rank 2, one row per index, got shape ", weight.shape());
    require_indices("embedding", index, weight.shape()[0]);
    Shape shape = index.shape();
    shape.push_back(weight.shape()[1]);
    return reshape(index_select(weight, 0, reshape(index, {index.numel()})), shape);
}

}  // namespace knoll

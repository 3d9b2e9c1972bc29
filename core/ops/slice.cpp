// Slices and padding. Both are one pair of ops on a window, a regular grid of positions inside a tensor: take() reads
// the window, put() writes it into a constant; each is the other's gradient.
#include <knoll/core/kernels/copy.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

#include <algorithm>

namespace knoll {

namespace {

struct Window {
    explicit Window(const Shape& shape) : extents(shape) {
        begin.assign(shape.rank(), 0);
        step.assign(shape.rank(), 1);
    }

    kernels::Layout layout(const Shape& shape) const {
        kernels::Layout out = kernels::row_major(shape);
        for (std::int64_t i = 0; i < shape.rank(); ++i) {
            out.offset += begin[i] * out.strides[i];
            out.strides[i] *= step[i];
        }
        return out;
    }

    Shape extents;
    IntList begin, step;
};

Tensor put(const char* op, const Tensor& a, const Shape& shape, const Window& window, double value = 0.0);

Tensor take(const char* op, const Tensor& a, const Window& window) {
    if (window.extents == a.shape()) return a;
    Tensor out = empty(window.extents, a.dtype());
    kernels::copy(window.extents, a, window.layout(a.shape()), out, kernels::row_major(window.extents));
    return record(op, std::move(out), gradient(a, [window, shape = a.shape()](const Tensor& g) { return put("slice_adjoint", g, shape, window); }));
}

Tensor put(const char* op, const Tensor& a, const Shape& shape, const Window& window, double value) {
    if (shape == a.shape()) return a;
    Tensor out = full(shape, value, a.dtype());
    kernels::copy(window.extents, a, kernels::row_major(window.extents), out, window.layout(shape));
    return record(op, std::move(out), gradient(a, [window](const Tensor& g) { return take("slice", g, window); }));
}

// A position as Python's slices read it: negative counts from the end, and what lies outside is moved to the border.
std::int64_t clamp_position(std::int64_t position, std::int64_t extent) {
    return std::clamp<std::int64_t>(position < 0 ? position + extent : position, 0, extent);
}

}  // namespace

Tensor slice(const Tensor& a, std::int64_t dim, std::int64_t begin, std::int64_t end, std::int64_t step) {
    require<ShapeError>(a.rank() > 0, "[slice] expected at least one dimension, got a scalar");
    require<ValueError>(step >= 1, "[slice] expected a step of at least 1, got ", step, "; use flip() to reverse");
    dim = wrap_dim("slice", dim, a.rank());
    const std::int64_t extent = a.shape()[dim];
    Window window(a.shape());
    window.begin[dim] = clamp_position(begin, extent);
    window.step[dim] = std::min(step, std::max<std::int64_t>(1, extent));  // a longer one, which reaches nothing, might overflow
    const std::int64_t span = std::max<std::int64_t>(0, clamp_position(end, extent) - window.begin[dim]);
    window.extents[dim] = span / step + (span % step != 0 ? 1 : 0);
    return take("slice", a, window);
}

Tensor select(const Tensor& a, std::int64_t dim, std::int64_t index) {
    require<ShapeError>(a.rank() > 0, "[select] expected at least one dimension, got a scalar");
    dim = wrap_dim("select", dim, a.rank());
    const std::int64_t extent = a.shape()[dim];
    require<IndexError>(extent > 0, "[select] expected a dimension with elements, got dimension ", dim, " of shape ", a.shape());
    require<IndexError>(index >= -extent && index < extent, "[select] expected an index from ", -extent, " to ", extent - 1, " along dimension ", dim,
                        " of shape ", a.shape(), ", got ", index);
    if (index < 0) index += extent;
    Shape shape = a.shape();
    shape.erase(dim);
    return reshape(slice(a, dim, index, index + 1), shape);
}

namespace {

// Sums with it do not overflow.
constexpr std::int64_t largest_amount = std::int64_t{1} << 60;

}  // namespace

Tensor pad(const Tensor& a, const std::vector<std::pair<std::int64_t, std::int64_t>>& amounts, double value) {
    const std::int64_t leading = a.rank() - static_cast<std::int64_t>(amounts.size());
    require<ShapeError>(leading >= 0, "[pad] expected amounts for at most ", a.rank(), " dimensions, got ", amounts.size());
    Window kept(a.shape());  // of the input: what is not cropped
    Window place(a.shape());
    Shape shape = a.shape();
    for (std::int64_t i = leading; i < a.rank(); ++i) {
        const auto [before, after] = amounts[static_cast<std::size_t>(i - leading)];
        require<ShapeError>(std::min(before, after) >= -largest_amount && std::max(before, after) <= largest_amount, "[pad] expected amounts up to ",
                            largest_amount, " either way, got (", before, ", ", after, ")");
        shape[i] += before + after;
        kept.begin[i] = std::max<std::int64_t>(0, -before);
        kept.extents[i] += std::min<std::int64_t>(0, before) + std::min<std::int64_t>(0, after);
        place.begin[i] = std::max<std::int64_t>(0, before);
        require<ShapeError>(kept.extents[i] >= 0, "[pad] expected to crop at most all ", a.shape()[i], " elements of dimension ", i, ", got (", before, ", ",
                            after, ")");
    }
    place.extents = kept.extents;
    return put("pad", take("slice", a, kept), shape, place, value);
}

}  // namespace knoll

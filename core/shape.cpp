#include <knoll/core/shape.h>

#include <algorithm>
#include <ostream>

namespace knoll {

void IntList::assign(std::span<const std::int64_t> values) {
    count_ = values.size();
    if (count_ > inline_.size())
        more_.assign(values.begin(), values.end());
    else
        std::copy(values.begin(), values.end(), inline_.begin());
}

void IntList::assign(std::int64_t count, std::int64_t value) {
    count_ = static_cast<std::size_t>(count);
    if (count_ > inline_.size())
        more_.assign(count_, value);
    else
        std::fill_n(inline_.begin(), count_, value);
}

void IntList::push_back(std::int64_t value) { insert(rank(), value); }

void IntList::insert(std::int64_t position, std::int64_t value) {
    if (count_ < inline_.size()) {
        std::copy_backward(inline_.begin() + position, inline_.begin() + rank(), inline_.begin() + rank() + 1);
        inline_[static_cast<std::size_t>(position)] = value;
        ++count_;
        return;
    }
    std::vector<std::int64_t> all(begin(), end());
    all.insert(all.begin() + position, value);
    assign(std::span<const std::int64_t>(all));
}

void IntList::erase(std::int64_t position) {
    if (count_ <= inline_.size()) {
        std::copy(inline_.begin() + position + 1, inline_.begin() + rank(), inline_.begin() + position);
        --count_;
        return;
    }
    std::vector<std::int64_t> all(begin(), end());
    all.erase(all.begin() + position);
    assign(std::span<const std::int64_t>(all));
}

std::int64_t Shape::numel() const {
    std::int64_t product = 1;
    for (const std::int64_t extent : *this) product *= extent;
    return product;
}

std::int64_t Shape::size(std::int64_t dim) const {
    require<ShapeError>(!empty(), "[size] expected a tensor of one dimension or more, got a scalar");
    return (*this)[wrap_dim("size", dim, rank())];
}

std::string to_string(const IntList& list) {
    std::string out = "[";
    for (std::int64_t i = 0; i < list.rank(); ++i) {
        if (i > 0) out += ", ";
        out += std::to_string(list[i]);
    }
    return out + "]";
}

std::ostream& operator<<(std::ostream& out, const IntList& list) { return out << to_string(list); }

std::string index_text(std::int64_t place, const Shape& shape) {
    IntList index;
    index.assign(shape.rank(), 0);
    for (std::int64_t i = shape.rank() - 1; i >= 0; --i) {
        index[i] = place % shape[i];
        place /= shape[i];
    }
    return to_string(index);
}

std::int64_t wrap_dim(const char* op, std::int64_t dim, std::int64_t rank) {
    const std::int64_t range = std::max<std::int64_t>(rank, 1);
    require<ShapeError>(dim >= -range && dim < range, "[", op, "] expected a dimension from ", -range, " to ", range - 1, " for a tensor of rank ", rank,
                        ", got ", dim);
    return dim < 0 ? dim + range : dim;
}

void require_extents(const char* op, const Shape& shape) {
    for (const std::int64_t extent : shape) require<ShapeError>(extent >= 0, "[", op, "] expected extents of 0 or more, got ", shape);
}

IntList dim_flags(const char* op, const Dims& dims, std::int64_t rank) {
    IntList flags;
    flags.assign(rank, dims.empty() ? 1 : 0);
    for (const std::int64_t dim : dims) {
        const std::int64_t wrapped = wrap_dim(op, dim, rank);
        if (rank == 0) continue;
        require<ShapeError>(flags[wrapped] == 0, "[", op, "] expected each dimension once, got ", dims);
        flags[wrapped] = 1;
    }
    return flags;
}

Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b, const char* what) {
    const Shape& longer = a.rank() >= b.rank() ? a : b;
    const Shape& shorter = a.rank() >= b.rank() ? b : a;
    Shape out = longer;
    const std::int64_t offset = longer.rank() - shorter.rank();
    for (std::int64_t i = 0; i < shorter.rank(); ++i) {
        const std::int64_t left = longer[offset + i];
        const std::int64_t right = shorter[i];
        require<ShapeError>(left == right || left == 1 || right == 1, "[", op, "] expected ", what,
                            " that broadcast (each extent equal or 1, counted from the end), got ", a, " and ", b);
        out[offset + i] = left == 1 ? right : left;
    }
    return out;
}

IntList row_major_strides(const Shape& shape) {
    IntList strides = shape;
    std::int64_t stride = 1;
    for (std::int64_t i = shape.rank() - 1; i >= 0; --i) {
        strides[i] = stride;
        stride *= shape[i];
    }
    return strides;
}

}  // namespace knoll

// Shapes and lists of dimensions: short lists of integers, kept inline up to eight entries.
#pragma once

#include <knoll/core/error.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace knoll {

/// A list of integers that needs no heap memory up to eight of them.
class IntList {
public:
    IntList() = default;
    IntList(std::initializer_list<std::int64_t> values) { assign({values.begin(), values.size()}); }
    explicit IntList(std::span<const std::int64_t> values) { assign(values); }

    std::int64_t rank() const { return static_cast<std::int64_t>(count_); }
    bool empty() const { return count_ == 0; }
    std::int64_t operator[](std::int64_t i) const { return begin()[i]; }
    std::int64_t& operator[](std::int64_t i) { return begin()[i]; }
    const std::int64_t* begin() const { return count_ <= inline_.size() ? inline_.data() : more_.data(); }
    const std::int64_t* end() const { return begin() + count_; }
    std::int64_t* begin() { return count_ <= inline_.size() ? inline_.data() : more_.data(); }
    std::int64_t* end() { return begin() + count_; }
    std::int64_t back() const { return begin()[count_ - 1]; }

    void push_back(std::int64_t value);
    void insert(std::int64_t position, std::int64_t value);
    void erase(std::int64_t position);
    /// So many entries, each the given value.
    void assign(std::int64_t count, std::int64_t value);

    friend bool operator==(const IntList& a, const IntList& b) {
        if (a.count_ != b.count_) return false;
        for (std::int64_t i = 0; i < a.rank(); ++i)
            if (a[i] != b[i]) return false;
        return true;
    }

private:
    void assign(std::span<const std::int64_t> values);

    std::size_t count_ = 0;
    std::array<std::int64_t, 8> inline_{};
    std::vector<std::int64_t> more_;  // holds everything once there are more than eight
};

/// The extents of a tensor, outermost first. Rank 0 is a scalar; an extent may be 0.
class Shape : public IntList {
public:
    using IntList::IntList;
    /// The number of elements: the product of all extents, 1 for a scalar.
    std::int64_t numel() const;
    /// The extent of a dimension; negative counts from the end.
    std::int64_t size(std::int64_t dim) const;
};

/// Dimensions to work on: one number, or a list; negative counts from the end.
class Dims : public IntList {
public:
    using IntList::IntList;
    Dims(int dim) : IntList{dim} {}
    Dims(std::int64_t dim) : IntList{dim} {}
};

/// "[2, 3]".
std::string to_string(const IntList& list);
std::ostream& operator<<(std::ostream& out, const IntList& list);

/// The index of an element, by its place in row-major order: "[1, 0]".
std::string index_text(std::int64_t place, const Shape& shape);

/// dim as 0 .. rank-1; throws ShapeError naming the op if it is out of range. A scalar counts as rank 1.
std::int64_t wrap_dim(const char* op, std::int64_t dim, std::int64_t rank);

/// Throws ShapeError naming the op if an extent is negative.
void require_extents(const char* op, const Shape& shape);

/// The given dims as 0 or 1 per dimension; an empty list means all. Throws on a dim out of range or named twice.
IntList dim_flags(const char* op, const Dims& dims, std::int64_t rank);

/// The shape two operands broadcast to under NumPy's rule; throws ShapeError naming the op, and what did not broadcast.
Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b, const char* what = "shapes");

/// Elements between neighbours along each dimension of a row-major tensor.
IntList row_major_strides(const Shape& shape);

}  // namespace knoll

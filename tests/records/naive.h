// Tensors as plain as can be, for reference values that share no code with knoll: row-major doubles and loops over indices.
#pragma once

#include <knoll/core/tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace knoll::records {

using Index = std::vector<std::int64_t>;

struct Naive {
    Index shape;
    std::vector<double> values;

    std::int64_t rank() const { return static_cast<std::int64_t>(shape.size()); }
    /// The length of a dimension, counted from the end where it is negative.
    std::int64_t length(std::int64_t dim) const { return shape[static_cast<std::size_t>(dim < 0 ? dim + rank() : dim)]; }
    /// The element at an index; at its last coordinates where it has more than there are dimensions, at 0 along those of length 1: as
    /// broadcasting reads.
    double operator[](const Index& index) const;
};

Naive naive(const Tensor& tensor);
Tensor to_tensor(const Naive& values);

std::int64_t count(const Index& shape);
/// Where an index lies in row-major order.
std::size_t position(const Index& shape, const Index& index);
/// Calls visit with every index of a shape, the last coordinate running fastest.
void for_each_index(const Index& shape, const std::function<void(const Index&)>& visit);
/// A tensor whose elements are a function of their index.
Naive generate(const Index& shape, const std::function<double(const Index&)>& element);
/// The shape that operands have together.
Index broadcast(const Index& a, const Index& b);

using Reference = std::function<Naive(const std::vector<Naive>&)>;

/// f of every element of the only input.
Reference each(const std::function<double(double)>& f);
/// f of the elements of two inputs at the same place, broadcast.
Reference each_pair(const std::function<double(double, double)>& f);
/// f of all elements along the dimensions, in row-major order, for every index of the others; no dimensions: of all elements.
Reference along(const Index& dims, bool keepdim, const std::function<double(const std::vector<double>&)>& f);

}  // namespace knoll::records

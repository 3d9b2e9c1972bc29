// Tensor: a handle on a row-major array of f32, f64, i64 or u8. Copies share the array, the graph and the gradient;
// clone() makes an array of its own. Every tensor is contiguous: an op that would need strides makes a copy, and
// matmul takes transposed operands by options instead.
#pragma once

#include <knoll/core/dtype.h>
#include <knoll/core/plain_number.h>
#include <knoll/core/shape.h>

#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <vector>

namespace knoll {

class Node;      // what the tape knows of a tensor: node.h
struct Storage;  // the bytes, shared by reshapes: storage.h

/// Removes a hook that Tensor::register_hook() has put on a tensor. May outlive the tensor; does nothing when it dies itself.
class HookHandle {
public:
    HookHandle() = default;
    HookHandle(std::weak_ptr<Node> node, std::uint64_t id) : node_(std::move(node)), id_(id) {}
    /// The hook is not called again. Nothing happens if it has been removed already.
    void remove();

private:
    std::weak_ptr<Node> node_;
    std::uint64_t id_ = 0;
};

class Tensor {
public:
    /// An undefined tensor: no shape, no data. Only defined() may be asked of it.
    Tensor() = default;

    bool defined() const { return impl_ != nullptr; }
    /// A tensor is no condition: equal(a, b) of ops/compare.h tells whether two agree in every element, item() is the only element of one.
    explicit operator bool() const = delete;
    const Shape& shape() const;
    /// The extent of one dimension; negative counts from the end.
    std::int64_t size(std::int64_t dim) const { return shape().size(dim); }
    std::int64_t rank() const { return shape().rank(); }
    std::int64_t numel() const;
    DType dtype() const;

    /// The elements, row-major. Throws DTypeError if T is not the tensor's type.
    template <class T>
    std::span<const T> data() const {
        return {static_cast<const T*>(checked_data("data", dtype_of<T>())), static_cast<std::size_t>(numel())};
    }
    /// The elements for writing; counts as a change in place, which a backward pass that saved this tensor will refuse.
    template <class T>
    std::span<T> mutable_data() {
        return {static_cast<T*>(checked_mutable_data("mutable_data", dtype_of<T>())), static_cast<std::size_t>(numel())};
    }
    /// One element: t.at<double>(0, 2). Throws IndexError or DTypeError.
    template <class T, class... Index>
    T at(Index... index) const {
        const IntList position{static_cast<std::int64_t>(index)...};
        return data<T>()[static_cast<std::size_t>(flat_index(position))];
    }
    /// The only element of a tensor of one, as a double, whatever the type.
    double item() const;
    /// All elements as doubles, whatever the type.
    std::vector<double> to_vector() const;

    /// The same values in another element type; differentiable between f32 and f64. Integers cut fractions off; a number that they cannot
    /// hold (NaN, 300 or -1 as u8) is refused with ValueError.
    Tensor to(DType dtype) const;
    /// A copy with an array of its own; differentiable.
    Tensor clone() const;
    /// The same array without the graph.
    Tensor detach() const;

    /// True for a leaf that asks for gradients, and for whatever was computed from one.
    bool requires_grad() const;
    /// Asks for gradients of this leaf, or stops asking. Returns the same tensor.
    Tensor set_requires_grad(bool on = true);
    /// The gradient that backward() has accumulated for this leaf; undefined before.
    Tensor grad() const;
    /// Takes over an array that nobody else holds (std::move it), copies any other. Throws ShapeError if the shape is not this tensor's.
    void set_grad(Tensor gradient);
    /// Forgets the accumulated gradient.
    void zero_grad();
    /// Calls the hook with the gradient of this tensor in every backward pass; a defined result replaces it. A hook that holds this tensor
    /// keeps it alive: until it is removed or, if an op made the tensor, until a pass frees the graph.
    HookHandle register_hook(std::function<Tensor(const Tensor&)> hook);

    // In place: for tensors without a graph, or leaves under NoGrad. The operand broadcasts; type and shape stay, so that a tensor of
    // integers takes integers alone (DTypeError). What is recorded has no room for its gradient: an operand that requires one is refused
    // unless under NoGrad.
    Tensor& operator+=(const Tensor& other);
    Tensor& operator-=(const Tensor& other);
    Tensor& operator*=(const Tensor& other);
    Tensor& operator/=(const Tensor& other);
    Tensor& operator+=(PlainNumber number);
    Tensor& operator-=(PlainNumber number);
    Tensor& operator*=(PlainNumber number);
    Tensor& operator/=(PlainNumber number);
    /// Every element becomes the value, converted as to() does.
    Tensor& fill_(PlainNumber value);
    /// Takes over the other's values, broadcast and converted.
    Tensor& copy_(const Tensor& other);

    /// How often the array has been changed in place.
    std::uint64_t version() const;
    /// True if both are handles on the same tensor.
    bool is_same(const Tensor& other) const { return impl_ == other.impl_; }

    // For those who write ops.
    struct Impl;
    explicit Tensor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
    const std::shared_ptr<Impl>& impl() const { return impl_; }
    /// The elements for writing into a tensor that nobody else has seen yet: no change is counted.
    template <class T>
    T* fresh_data() {
        return static_cast<T*>(raw_data());
    }
    void* raw_data() const;

private:
    const void* checked_data(const char* op, DType expected) const;
    void* checked_mutable_data(const char* op, DType expected);
    std::int64_t flat_index(const IntList& position) const;

    std::shared_ptr<Impl> impl_;
};

/// The values with their shape and type, long dimensions shortened.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

// Making tensors. The default element type is f32. Numbers are converted as to() does: those that a type of integers cannot hold are
// refused with ValueError.

/// Uninitialised. Throws ShapeError on a negative extent or more bytes than can be addressed, MemoryError where the system has no more.
Tensor empty(const Shape& shape, DType dtype = DType::f32);
Tensor zeros(const Shape& shape, DType dtype = DType::f32);
Tensor ones(const Shape& shape, DType dtype = DType::f32);
Tensor full(const Shape& shape, PlainNumber value, DType dtype = DType::f32);
Tensor zeros_like(const Tensor& other);
Tensor ones_like(const Tensor& other);
/// 0, 1, ..., count - 1.
Tensor arange(std::int64_t count, DType dtype = DType::i64);
/// The identity matrix.
Tensor eye(std::int64_t size, DType dtype = DType::f32);
/// A scalar.
Tensor scalar(PlainNumber value, DType dtype = DType::f32);
/// A vector, or a matrix from rows of equal length; from {}, a vector without elements. A template, because of two overloads that fit alike
/// the plain one is taken: so {{1.0}, {2.0}} are rows.
template <int = 0>
Tensor tensor(std::initializer_list<double> values, DType dtype = DType::f32);
Tensor tensor(std::initializer_list<std::initializer_list<double>> rows, DType dtype = DType::f32);
/// Values in row-major order, converted to dtype; their count must be the shape's.
Tensor tensor(std::span<const double> values, const Shape& shape, DType dtype = DType::f32);
/// Copies values of one of the four element types, keeping the type.
template <class T>
Tensor from_data(const Shape& shape, std::span<const T> values);

}  // namespace knoll

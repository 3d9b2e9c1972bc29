// What stands behind a Tensor handle. For those who write ops.
#pragma once

#include <knoll/core/memory.h>
#include <knoll/core/tensor.h>

#include <atomic>

namespace knoll {

/// A block of bytes with a count of the changes made to it in place. Reshapes share one.
struct Storage {
    explicit Storage(std::size_t size) : bytes(size), data(allocate_block(size)) {}
    ~Storage() { release_block(data, bytes); }
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    std::size_t bytes;
    void* data;
    std::atomic<std::uint64_t> version{0};
};

struct Tensor::Impl {
    Shape shape;
    std::int64_t numel = 0;
    DType dtype = DType::f32;
    std::shared_ptr<Storage> storage;
    std::shared_ptr<Node> node;  // null where no gradient is asked for
};

/// Throws AutogradError naming the op if recording is on and the operand of a change in place requires gradients.
void require_no_gradient_lost(const char* op, const Tensor& operand);

/// True if this handle is the only one on its tensor, and its tensor the only one on its array.
bool has_one_owner(const Tensor& tensor);

/// The elements, or null where there is no tensor.
template <class T>
const T* data_or_null(const Tensor& tensor) {
    return tensor.defined() ? tensor.data<T>().data() : nullptr;
}

/// A tensor of another shape (same count) over the same bytes, without a graph.
Tensor share_storage(const Tensor& tensor, const Shape& shape);

}  // namespace knoll

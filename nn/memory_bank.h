// A memory of past embeddings (cross-batch memory, Wang et al. 2020, arXiv 1912.06798): they drift so slowly that a batch may be compared
// with many batches before it.
#pragma once

#include <knoll/nn/state_dict.h>

namespace knoll::nn {

/// A ring of the last rows that were put in, with their labels. The rows are copies without a graph; the newest replace the oldest.
class MemoryBank {
public:
    /// Room for so many rows of a length. Throws ValueError unless both are at least 1.
    MemoryBank(std::int64_t capacity, std::int64_t length, DType dtype = DType::f32);
    MemoryBank(const MemoryBank&) = delete;  // two would share the rows
    MemoryBank& operator=(const MemoryBank&) = delete;

    /// Puts in rows [N, length] with labels [N] (i64), in order; where there are more than the capacity, the last ones stay. Returns the
    /// slots [N] (i64) that the rows went to, -1 for those that did not stay. Throws ShapeError, DTypeError.
    Tensor enqueue(const Tensor& rows, const Tensor& labels);

    std::int64_t capacity() const { return rows_.size(0); }
    /// How many rows there are.
    std::int64_t size() const { return size_; }
    bool full() const { return size_ == capacity(); }
    /// What there is: [size, length] in the order of the slots, and its labels [size]. Copies, which later rows do not change.
    Tensor rows() const;
    Tensor labels() const;

    /// All of it, with room that is not used yet as zeros.
    StateDict state_dict() const;
    /// Throws ValueError, and changes nothing, unless the state is that of a memory of the same room.
    void load_state_dict(const StateDict& state);

private:
    Tensor rows_;
    Tensor labels_;
    std::int64_t size_ = 0;
    std::int64_t next_ = 0;  // the slot of the next row
};

/// u8 [N, size]: 1 where a slot of the memory holds the row itself, of slots as enqueue() gave them.
Tensor own_slots(const Tensor& slots, std::int64_t size);

}  // namespace knoll::nn

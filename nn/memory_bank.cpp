#include <knoll/nn/counts.h>
#include <knoll/nn/memory_bank.h>

#include <knoll/core/ops/shape.h>

#include <algorithm>

namespace knoll::nn {

MemoryBank::MemoryBank(std::int64_t capacity, std::int64_t length, DType dtype) {
    require<ValueError>(capacity >= 1 && length >= 1, "[MemoryBank] expected room for at least 1 row of at least 1 number, got ", capacity, " and ", length);
    require<DTypeError>(is_floating(dtype), "[MemoryBank] expected rows of f32 or f64, got ", dtype);
    rows_ = zeros({capacity, length}, dtype);
    labels_ = zeros({capacity}, DType::i64);
}

Tensor MemoryBank::enqueue(const Tensor& rows, const Tensor& labels) {
    require<ShapeError>(rows.rank() == 2 && rows.size(1) == rows_.size(1), "[MemoryBank] expected rows [N, ", rows_.size(1), "], got shape ", rows.shape());
    require<ShapeError>(labels.shape() == Shape{rows.size(0)}, "[MemoryBank] expected labels of shape ", Shape{rows.size(0)}, ", one per row, got ",
                        labels.shape());
    const Tensor values = rows.detach().to(rows_.dtype());
    const std::int64_t count = rows.size(0), length = rows_.size(1);
    Tensor slots = knoll::full({count}, -1, DType::i64);
    const auto given = labels.data<std::int64_t>();
    auto kept = labels_.mutable_data<std::int64_t>();
    auto where = slots.mutable_data<std::int64_t>();
    visit_floating("MemoryBank", rows_.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const auto from = values.data<T>();
        auto into = rows_.mutable_data<T>();
        for (std::int64_t n = std::max<std::int64_t>(count - capacity(), 0); n < count; ++n) {
            std::copy_n(from.begin() + n * length, length, into.begin() + next_ * length);
            kept[static_cast<std::size_t>(next_)] = given[static_cast<std::size_t>(n)];
            where[static_cast<std::size_t>(n)] = next_;
            next_ = (next_ + 1) % capacity();
            size_ = std::min(size_ + 1, capacity());
        }
    });
    return slots;
}

Tensor MemoryBank::rows() const { return slice(rows_, 0, 0, size_).clone(); }
Tensor MemoryBank::labels() const { return slice(labels_, 0, 0, size_).clone(); }

StateDict MemoryBank::state_dict() const {
    return {{"rows", rows_}, {"labels", labels_}, {"size", from_data<std::int64_t>({}, {&size_, 1})}, {"next", from_data<std::int64_t>({}, {&next_, 1})}};
}

void MemoryBank::load_state_dict(const StateDict& state) {
    const StateDict target = {{"rows", rows_.clone()}, {"labels", labels_.clone()}, {"size", scalar(0, DType::i64)}, {"next", scalar(0, DType::i64)}};
    copy_state("MemoryBank", target, state);
    const auto size = target[2].second.at<std::int64_t>(), next = target[3].second.at<std::int64_t>();
    const bool in_order = size >= 0 && size <= capacity() && next >= 0 && next < capacity() && (size == capacity() || next == size);
    require<ValueError>(in_order, "[MemoryBank] expected a memory filled in order, got ", size, " of ", capacity(), " rows and next slot ", next);
    rows_ = target[0].second;
    labels_ = target[1].second;
    size_ = size;
    next_ = next;
}

Tensor own_slots(const Tensor& slots, std::int64_t size) {
    const std::int64_t count = slots.numel();
    Tensor own = zeros({count, size}, DType::u8);
    const auto at = slots.data<std::int64_t>();
    auto marks = own.mutable_data<std::uint8_t>();
    for (std::int64_t n = 0; n < count; ++n) {
        const std::int64_t slot = at[static_cast<std::size_t>(n)];
        require<IndexError>(slot < size, "[own_slots] expected slots below ", size, ", got ", slot);
        if (slot >= 0) marks[static_cast<std::size_t>(n * size + slot)] = 1;
    }
    return own;
}

}  // namespace knoll::nn

// One batch, and how it is made: a function of the order of its epoch and its number alone.
#pragma once

#include <knoll/data/dataset.h>
#include <knoll/data/loader/transform.h>

namespace knoll::data {

struct Batch {
    Tensor images;   ///< f32 [B, C, H, W] (or [B, F]); u8 pixels scaled to [0, 1], then transformed
    Tensor labels;   ///< i64 [B], or f32 [B, classes] of a multi-label set
    Tensor indices;  ///< i64 [B]: where the examples stand in the data set

    std::int64_t size() const { return indices.size(0); }
};

/// The batches of one epoch. Any number of threads may fill different batches at once.
class BatchSource {
public:
    /// order: the indices of the epoch. augmentation: the generator that the examples' own ones are forked from.
    BatchSource(Dataset set, std::vector<std::int64_t> order, std::int64_t batch_size, bool drop_last, std::vector<Transform> transforms, Rng augmentation);

    std::int64_t batches() const { return batches_; }
    /// The batches that so many examples make.
    static std::int64_t count_batches(std::int64_t examples, std::int64_t batch_size, bool drop_last);
    /// The tensors of batch b, with nothing in them yet.
    Batch allocate(std::int64_t b) const;
    /// Makes batch b in tensors that allocate(b) returned.
    void fill(std::int64_t b, Batch& batch) const;

private:
    void copy_labels(std::int64_t row, std::int64_t index, Batch& batch) const;
    void copy_example(std::int64_t index, float* into) const;

    Dataset set_;
    std::vector<std::int64_t> order_;
    std::int64_t batch_size_;
    std::int64_t batches_;
    std::vector<Transform> transforms_;
    Rng augmentation_;
};

}  // namespace knoll::data

#include <knoll/data/loader/batch.h>
#include <knoll/data/pixels.h>

#include <algorithm>
#include <utility>

namespace knoll::data {

BatchSource::BatchSource(Dataset set, std::vector<std::int64_t> order, std::int64_t batch_size, bool drop_last, std::vector<Transform> transforms,
                         Rng augmentation)
    : set_(std::move(set)),
      order_(std::move(order)),
      batch_size_(batch_size),
      batches_(count_batches(static_cast<std::int64_t>(order_.size()), batch_size, drop_last)),
      transforms_(std::move(transforms)),
      augmentation_(augmentation) {
    for (const std::int64_t index : order_)
        require<IndexError>(index >= 0 && index < set_.count(), "[loader] expected a sampler that draws from 0..", set_.count() - 1, ", got ", index);
}

std::int64_t BatchSource::count_batches(std::int64_t examples, std::int64_t batch_size, bool drop_last) {
    return examples / batch_size + (!drop_last && examples % batch_size != 0 ? 1 : 0);
}

Batch BatchSource::allocate(std::int64_t b) const {
    const std::int64_t rows = std::min(batch_size_, static_cast<std::int64_t>(order_.size()) - b * batch_size_);
    Shape images = set_.images().shape();
    images[0] = rows;
    const bool single_label = set_.labels().rank() == 1;
    return {empty(images), single_label ? empty({rows}, DType::i64) : empty({rows, set_.classes()}), empty({rows}, DType::i64)};
}

void BatchSource::fill(std::int64_t b, Batch& batch) const {
    const Shape example = set_.example_shape();
    const std::int64_t numel = example.numel();
    auto* into = batch.images.fresh_data<float>();
    for (std::int64_t row = 0; row < batch.size(); ++row, into += numel) {
        const std::int64_t position = b * batch_size_ + row;
        const std::int64_t index = order_[static_cast<std::size_t>(position)];
        batch.indices.fresh_data<std::int64_t>()[row] = index;
        copy_labels(row, index, batch);
        copy_example(index, into);
        if (transforms_.empty()) continue;
        const ImageView image = set_.has_images() ? ImageView{into, example[0], example[1], example[2]} : ImageView{into, 1, 1, numel};
        // By position, not by index: a sampler may draw an example twice, and its copies should differ.
        Rng rng = augmentation_.fork(static_cast<std::uint64_t>(position));
        for (const Transform& transform : transforms_) transform(image, rng);
    }
}

void BatchSource::copy_labels(std::int64_t row, std::int64_t index, Batch& batch) const {
    if (set_.labels().rank() == 1) {
        batch.labels.fresh_data<std::int64_t>()[row] = set_.labels().data<std::int64_t>()[static_cast<std::size_t>(index)];
        return;
    }
    const std::uint8_t* from = set_.labels().data<std::uint8_t>().data() + index * set_.classes();
    std::copy_n(from, set_.classes(), batch.labels.fresh_data<float>() + row * set_.classes());
}

void BatchSource::copy_example(std::int64_t index, float* into) const {
    const std::int64_t numel = set_.count() == 0 ? 0 : set_.images().numel() / set_.count();
    if (set_.images().dtype() == DType::f32) {
        std::copy_n(set_.images().data<float>().data() + index * numel, numel, into);
        return;
    }
    const std::uint8_t* from = set_.images().data<std::uint8_t>().data() + index * numel;
    std::transform(from, from + numel, into, brightness<float>);
}

}  // namespace knoll::data

#include <knoll/core/ops/random.h>
#include <knoll/data/dataset.h>

#include <algorithm>
#include <cstddef>

namespace knoll::data {

namespace {

// The rows of a tensor of any rank at the given indices.
Tensor take_rows(const Tensor& source, std::span<const std::int64_t> indices) {
    Shape shape = source.shape();
    const std::int64_t count = shape[0];
    shape[0] = static_cast<std::int64_t>(indices.size());
    Tensor out = empty(shape, source.dtype());
    const std::size_t row_bytes = count == 0 ? 0 : static_cast<std::size_t>(source.numel() / count) * size_of(source.dtype());
    const auto* from = static_cast<const std::byte*>(source.raw_data());
    auto* into = static_cast<std::byte*>(out.raw_data());
    for (const std::int64_t index : indices) {
        require<IndexError>(index >= 0 && index < count, "[subset] expected indices in 0..", count - 1, ", got ", index);
        into = std::copy_n(from + static_cast<std::size_t>(index) * row_bytes, row_bytes, into);
    }
    return out;
}

template <class Set>
std::pair<Set, Set> split_at_random(const Set& set, std::int64_t first_count, std::uint64_t seed) {
    require<ValueError>(first_count >= 0 && first_count <= set.count(), "[random_split] expected a count in 0..", set.count(), ", got ", first_count);
    const std::vector<std::int64_t> order = random_order(set.count(), Rng{seed});
    const std::span<const std::int64_t> indices = order;
    const auto cut = static_cast<std::size_t>(first_count);
    return {subset(set, indices.first(cut)), subset(set, indices.subspan(cut))};
}

}  // namespace

Dataset::Dataset(Tensor images, Tensor labels, std::int64_t classes, std::vector<std::string> class_names)
    : images_(std::move(images)),
      labels_(std::move(labels)),
      classes_(classes),
      class_names_(std::make_shared<const std::vector<std::string>>(std::move(class_names))) {
    require<ShapeError>(images_.rank() == 4 || images_.rank() == 2, "[dataset] expected images [N, C, H, W] or features [N, F], got shape ", images_.shape());
    require<DTypeError>(images_.dtype() == DType::u8 || images_.dtype() == DType::f32, "[dataset] expected images of u8 or f32, got ", images_.dtype());
    require<ShapeError>(labels_.rank() >= 1 && labels_.size(0) == images_.size(0), "[dataset] expected labels for ", images_.size(0), " examples, got shape ",
                        labels_.shape());
    require<ValueError>(classes_ >= 1, "[dataset] expected at least one class, got ", classes_);
    require<ValueError>(class_names_->empty() || static_cast<std::int64_t>(class_names_->size()) == classes_, "[dataset] expected ", classes_,
                        " class names or none, got ", class_names_->size());
}

Shape Dataset::example_shape() const {
    Shape shape = images_.shape();
    shape.erase(0);
    return shape;
}

std::int64_t Dataset::image_extent(std::int64_t dim) const {
    require<ShapeError>(has_images(), "[dataset] expected images [N, C, H, W], got features of shape ", images_.shape());
    return images_.size(dim);
}

std::int64_t Dataset::size() const {
    require<ShapeError>(height() == width(), "[dataset] expected square images, got shape ", images_.shape(), "; ask for height() and width()");
    return height();
}

LabeledImages::LabeledImages(Tensor images, Tensor labels, std::int64_t classes, std::vector<std::string> class_names)
    : Dataset(std::move(images), std::move(labels), classes, std::move(class_names)) {
    require<ShapeError>(this->labels().rank() == 1, "[dataset] expected labels [N], got shape ", this->labels().shape());
    const auto values = this->labels().data<std::int64_t>();
    const auto wrong = std::find_if(values.begin(), values.end(), [&](std::int64_t label) { return label < 0 || label >= classes; });
    if (wrong != values.end()) fail<ValueError>("[dataset] expected labels in 0..", classes - 1, ", got ", *wrong, " at example ", wrong - values.begin());
}

std::vector<std::int64_t> LabeledImages::class_counts() const {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(classes()));
    for (const std::int64_t label : labels().data<std::int64_t>()) ++counts[static_cast<std::size_t>(label)];
    return counts;
}

MultiLabelImages::MultiLabelImages(Tensor images, const Tensor& labels, std::vector<std::string> class_names)
    : Dataset(std::move(images), labels, labels.rank() == 2 ? labels.size(1) : 1, std::move(class_names)) {
    require<ShapeError>(labels.rank() == 2, "[dataset] expected labels [N, classes], got shape ", labels.shape());
    const auto values = labels.data<std::uint8_t>();
    const auto wrong = std::find_if(values.begin(), values.end(), [](std::uint8_t label) { return label > 1; });
    if (wrong != values.end()) fail<ValueError>("[dataset] expected labels in {0, 1}, got ", int{*wrong}, " at example ", (wrong - values.begin()) / classes());
}

double MultiLabelImages::labels_per_image() const {
    const auto values = labels().data<std::uint8_t>();
    const auto positives = std::count(values.begin(), values.end(), std::uint8_t{1});
    return count() == 0 ? 0.0 : static_cast<double>(positives) / static_cast<double>(count());
}

LabeledImages subset(const LabeledImages& set, std::span<const std::int64_t> indices) {
    return {take_rows(set.images(), indices), take_rows(set.labels(), indices), set.classes(), set.class_names()};
}

MultiLabelImages subset(const MultiLabelImages& set, std::span<const std::int64_t> indices) {
    return {take_rows(set.images(), indices), take_rows(set.labels(), indices), set.class_names()};
}

std::pair<LabeledImages, LabeledImages> random_split(const LabeledImages& set, std::int64_t first_count, std::uint64_t seed) {
    return split_at_random(set, first_count, seed);
}

std::pair<MultiLabelImages, MultiLabelImages> random_split(const MultiLabelImages& set, std::int64_t first_count, std::uint64_t seed) {
    return split_at_random(set, first_count, seed);
}

std::vector<std::int64_t> random_order(std::int64_t count, Rng rng) {
    const Tensor order = permutation(count, rng);
    const auto values = order.data<std::int64_t>();
    return {values.begin(), values.end()};
}

}  // namespace knoll::data

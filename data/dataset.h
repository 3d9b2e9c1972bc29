// What a data set is here: a tensor of examples, a tensor of labels, and the names of the classes. All of it is shared by
// copies, so a data set is passed by value or kept in a loader for the price of a few handles.
#pragma once

#include <knoll/core/rng.h>
#include <knoll/core/tensor.h>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace knoll::data {

/// Examples with labels of either kind. Images are [N, C, H, W]; features that are no image are [N, F].
class Dataset {
public:
    /// u8 (0..255) or f32.
    const Tensor& images() const { return images_; }
    /// i64 [N] for single labels, u8 [N, classes] in {0, 1} for multi-label sets.
    const Tensor& labels() const { return labels_; }
    std::int64_t count() const { return images_.size(0); }
    std::int64_t classes() const { return classes_; }
    /// One per class, or none where nobody knows them.
    const std::vector<std::string>& class_names() const { return *class_names_; }

    /// The shape of one example: [C, H, W] or [F].
    Shape example_shape() const;
    bool has_images() const { return images_.rank() == 4; }
    /// Throw ShapeError where the examples are no images.
    std::int64_t channels() const { return image_extent(1); }
    std::int64_t height() const { return image_extent(2); }
    std::int64_t width() const { return image_extent(3); }
    /// The side of square images in pixels.
    std::int64_t size() const;

protected:
    Dataset(Tensor images, Tensor labels, std::int64_t classes, std::vector<std::string> class_names);

private:
    std::int64_t image_extent(std::int64_t dim) const;

    Tensor images_;
    Tensor labels_;
    std::int64_t classes_;
    std::shared_ptr<const std::vector<std::string>> class_names_;
};

/// Each example belongs to one class.
class LabeledImages : public Dataset {
public:
    /// labels: i64 [N] in 0 .. classes-1. Throws ShapeError, DTypeError, or ValueError naming the first label out of range.
    LabeledImages(Tensor images, Tensor labels, std::int64_t classes, std::vector<std::string> class_names = {});
    /// The number of examples of each class.
    std::vector<std::int64_t> class_counts() const;
};

/// Each example has any number of classes.
class MultiLabelImages : public Dataset {
public:
    /// labels: u8 [N, classes] in {0, 1}. Throws ShapeError, DTypeError, or ValueError naming the first other value.
    MultiLabelImages(Tensor images, const Tensor& labels, std::vector<std::string> class_names = {});
    /// The mean number of positive labels of an example.
    double labels_per_image() const;
};

/// The examples at the given indices, in that order; an index may come more than once. Throws IndexError.
LabeledImages subset(const LabeledImages& set, std::span<const std::int64_t> indices);
MultiLabelImages subset(const MultiLabelImages& set, std::span<const std::int64_t> indices);

/// Two parts without a common example, drawn at random: the first of the given count, the second of the rest.
std::pair<LabeledImages, LabeledImages> random_split(const LabeledImages& set, std::int64_t first_count, std::uint64_t seed);
std::pair<MultiLabelImages, MultiLabelImages> random_split(const MultiLabelImages& set, std::int64_t first_count, std::uint64_t seed);

/// 0 .. count-1 in random order.
std::vector<std::int64_t> random_order(std::int64_t count, Rng rng);

}  // namespace knoll::data

#include <knoll/core/files/npy.h>
#include <knoll/core/ops/shape.h>
#include <knoll/data/readers/npy.h>

#include <algorithm>

namespace knoll::data {

namespace {

// Class counts are allocated by the largest label: one that no data set has is damage.
constexpr std::int64_t most_classes = 1'000'000;

Tensor load_images(const std::string& path) {
    const Tensor values = load_npy(path);
    require<FileError>(values.dtype() != DType::i64, "[load_npy] ", path, ": expected images of u8, f32 or f64, got i64");
    require<FileError>(values.rank() >= 2 && values.rank() <= 4 && values.size(0) > 0, "[load_npy] ", path,
                       ": expected images [N, C, H, W] or [N, H, W], or features [N, F], got shape ", values.shape());
    const Tensor images = values.rank() == 3 ? unsqueeze(values, 1) : values;
    return images.dtype() == DType::f64 ? images.to(DType::f32) : images;
}

Tensor load_labels(const std::string& path, std::int64_t rank, std::int64_t count) {
    Tensor labels = load_npy(path);
    require<FileError>(labels.rank() == rank && labels.size(0) == count && labels.numel() > 0, "[load_npy] ", path, ": expected labels [", count,
                       rank == 1 ? "]" : ", classes]", ", got shape ", labels.shape());
    return labels;
}

}  // namespace

LabeledImages load_npy_labeled(const std::string& images_path, const std::string& labels_path) {
    Tensor images = load_images(images_path);
    const Tensor stored = load_labels(labels_path, 1, images.size(0));
    require<FileError>(!is_floating(stored.dtype()), "[load_npy] ", labels_path, ": expected labels of an integer type, got ", stored.dtype());
    Tensor labels = stored.to(DType::i64);
    const auto values = labels.data<std::int64_t>();
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    require<FileError>(*least >= 0 && *most < most_classes, "[load_npy] ", labels_path, ": expected labels in 0..", most_classes - 1, ", got ",
                       *least < 0 ? *least : *most);
    return {std::move(images), std::move(labels), *most + 1};
}

MultiLabelImages load_npy_multi_label(const std::string& images_path, const std::string& labels_path) {
    Tensor images = load_images(images_path);
    const Tensor labels = load_labels(labels_path, 2, images.size(0));
    for (const double value : labels.to_vector())
        require<FileError>(value == 0.0 || value == 1.0, "[load_npy] ", labels_path, ": expected labels of 0 and 1, got ", value);
    return {std::move(images), labels.to(DType::u8)};
}

}  // namespace knoll::data

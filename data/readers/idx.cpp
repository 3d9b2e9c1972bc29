#include <knoll/core/ops/shape.h>
#include <knoll/data/readers/byte_source.h>
#include <knoll/data/readers/idx.h>

#include <algorithm>
#include <array>

namespace knoll::data {

namespace {

constexpr int unsigned_bytes = 8;
constexpr int most_dimensions = 8;

std::uint32_t read_big_endian(ByteSource& source, const char* what) {
    std::array<std::byte, 4> bytes{};
    source.read(bytes, what);
    std::uint32_t value = 0;
    for (const std::byte byte : bytes) value = value << 8U | std::to_integer<std::uint32_t>(byte);
    return value;
}

// The extents, whose product is known to fit into what is left of the file.
Shape read_shape(ByteSource& source) {
    std::array<std::byte, 4> magic{};
    source.read(magic, "the magic number");
    const int type = std::to_integer<int>(magic[2]);
    const int dimensions = std::to_integer<int>(magic[3]);
    source.require(magic[0] == std::byte{0} && magic[1] == std::byte{0}, "expected a magic number that begins with two zero bytes, got ",
                   std::to_integer<int>(magic[0]), " and ", std::to_integer<int>(magic[1]));
    source.require(type == unsigned_bytes, "expected values of type ", unsigned_bytes, " (unsigned bytes), got type ", type);
    source.require(dimensions >= 1 && dimensions <= most_dimensions, "expected 1 to ", most_dimensions, " dimensions, got ", dimensions);
    Shape shape;
    for (int i = 0; i < dimensions; ++i) shape.push_back(read_big_endian(source, "an extent"));

    // An extent of 0 does not excuse the others: whoever multiplies them in their order must not overflow either.
    std::int64_t product = 1;
    bool is_empty = false;
    for (const std::int64_t extent : shape) {
        is_empty = is_empty || extent == 0;
        source.require(extent == 0 || !__builtin_mul_overflow(product, extent, &product), "expected extents that fit the file, got ", shape);
    }
    const std::uint64_t values = is_empty ? 0 : static_cast<std::uint64_t>(product);
    source.require(values <= source.most_left(), "expected extents of at most ", source.most_left(), " values, got ", shape);
    return shape;
}

}  // namespace

Tensor read_idx(const std::string& path) {
    const std::unique_ptr<ByteSource> source = open_source("idx", path);
    Tensor values = empty(read_shape(*source), DType::u8);
    source->read(std::as_writable_bytes(std::span(values.fresh_data<std::uint8_t>(), static_cast<std::size_t>(values.numel()))), "the values");
    source->expect_end();
    return values;
}

LabeledImages load_idx(const std::string& images_path, const std::string& labels_path, std::vector<std::string> class_names) {
    const Tensor images = read_idx(images_path);
    const Tensor labels = read_idx(labels_path);
    require<FileError>(images.rank() == 3 || images.rank() == 4, "[load_idx] expected images [N, H, W] or [N, C, H, W], got shape ", images.shape(), " in ",
                       images_path);
    require<FileError>(labels.rank() == 1, "[load_idx] expected labels [N], got shape ", labels.shape(), " in ", labels_path);
    require<FileError>(labels.size(0) == images.size(0) && labels.numel() > 0, "[load_idx] expected as many labels as images and at least one, got ",
                       labels.size(0), " in ", labels_path, " and ", images.size(0), " in ", images_path);
    const auto values = labels.data<std::uint8_t>();
    const std::int64_t seen = std::int64_t{*std::max_element(values.begin(), values.end())} + 1;
    const std::int64_t classes = class_names.empty() ? seen : static_cast<std::int64_t>(class_names.size());
    require<FileError>(seen <= classes, "[load_idx] expected labels in 0..", classes - 1, ", got ", seen - 1, " in ", labels_path);
    return {images.rank() == 4 ? images : unsqueeze(images, 1), labels.to(DType::i64), classes, std::move(class_names)};
}

const std::vector<std::string>& fashion_mnist_classes() {
    static const std::vector<std::string> names{"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"};
    return names;
}

}  // namespace knoll::data

#include <knoll/core/files/atomic_file.h>
#include <knoll/core/files/byte_reader.h>
#include <knoll/data/readers/cifar.h>

#include <algorithm>

namespace knoll::data {

namespace {

constexpr std::size_t pixels = std::size_t{3} * 32 * 32;

// The label bytes at the front of a record, the one that is wanted among them, and the bound on each.
struct RecordFormat {
    const char* name;
    std::vector<std::int64_t> label_classes;
    std::size_t wanted;

    std::size_t bytes() const { return label_classes.size() + pixels; }
    std::int64_t classes() const { return label_classes[wanted]; }
};

std::int64_t read_label(ByteReader& reader, const RecordFormat& format) {
    std::int64_t wanted = 0;
    for (std::size_t i = 0; i < format.label_classes.size(); ++i) {
        const auto label = std::to_integer<std::int64_t>(reader.bytes(1, "a label").front());
        reader.require(label < format.label_classes[i], "expected a label in 0..", format.label_classes[i] - 1, ", got ", label, " just before");
        if (i == format.wanted) wanted = label;
    }
    return wanted;
}

LabeledImages load(const std::vector<std::string>& paths, const RecordFormat& format, std::vector<std::string> class_names) {
    std::vector<std::vector<std::byte>> files;
    std::size_t records = 0;
    for (const std::string& path : paths) {
        files.push_back(read_file(path));
        const std::size_t size = files.back().size();
        require<FileError>(size > 0 && size % format.bytes() == 0, "[", format.name, "] ", path, ", offset ", size - size % format.bytes(),
                           ": expected whole records of ", format.bytes(), " bytes, got ", size, " bytes");
        records += size / format.bytes();
    }
    require<ValueError>(records > 0, "[", format.name, "] expected at least one file, got none");

    const auto count = static_cast<std::int64_t>(records);
    Tensor images = empty({count, 3, 32, 32}, DType::u8);
    Tensor labels = empty({count}, DType::i64);
    auto* image = images.fresh_data<std::uint8_t>();
    auto* label = labels.fresh_data<std::int64_t>();
    for (std::size_t f = 0; f < files.size(); ++f)
        for (ByteReader reader(format.name, paths[f], files[f]); reader.remaining() > 0;) {
            *label++ = read_label(reader, format);
            const std::span<const std::byte> bytes = reader.bytes(pixels, "the pixels");
            image = std::transform(bytes.begin(), bytes.end(), image, [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
        }
    return {std::move(images), std::move(labels), format.classes(), std::move(class_names)};
}

}  // namespace

LabeledImages load_cifar10(const std::vector<std::string>& paths) {
    return load(paths, {"cifar10", {10}, 0}, {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"});
}

LabeledImages load_cifar100(const std::vector<std::string>& paths, Cifar100Labels labels) {
    return load(paths, {"cifar100", {20, 100}, labels == Cifar100Labels::fine ? std::size_t{1} : std::size_t{0}}, {});
}

}  // namespace knoll::data

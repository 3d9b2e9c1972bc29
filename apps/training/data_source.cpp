#include <knoll/apps/training/data_source.h>

#include <knoll/apps/terminal/suggestion.h>
#include <knoll/core/error.h>
#include <knoll/data/readers/arff.h>
#include <knoll/data/readers/cifar.h>
#include <knoll/data/readers/idx.h>
#include <knoll/data/spoil/long_tail.h>
#include <knoll/data/synthetic/scenes.h>
#include <knoll/data/synthetic/shapes.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

namespace knoll::apps {

namespace {

constexpr const char* fashion_folder = "/usr/share/datasets/fashion-mnist";
constexpr std::int64_t scene_count = 16000;
constexpr std::int64_t test_scene_count = 2000;
constexpr std::int64_t shape_count = 10000;
constexpr std::int64_t test_shape_count = 2000;
// Drawn objects to compose scenes of: each serves in several, at other places and sizes.
constexpr std::int64_t object_count = 2000;
constexpr std::int64_t test_object_count = 1000;
// Streams of what is drawn: always the same data, so that seeds differ in training alone.
constexpr std::uint64_t train_seed = 1;
constexpr std::uint64_t test_seed = 2;
constexpr std::uint64_t split_seed = 3;
constexpr std::uint64_t sample_seed = 4;
constexpr std::uint64_t frequency_seed = 5;

const std::vector<std::string> data_names{"fashion", "cifar10", "cifar100", "arff:TRAIN,TEST,LABELS", "shapes"};

// The file as it is or with .gz behind it; nothing if neither is there.
std::optional<std::string> present(const std::string& folder, const std::string& name) {
    for (const std::string& path : {text(folder, "/", name, ".gz"), text(folder, "/", name)})
        if (std::filesystem::exists(path)) return path;
    return std::nullopt;
}

std::string fashion_file(const std::string& folder, const std::string& name) {
    const std::optional<std::string> path = present(folder, name);
    require<FileError>(path.has_value(),
                       "[data] expected Fashion-MNIST's train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and ",
                       "t10k-labels-idx1-ubyte.gz in ", folder, ", got no ", name,
                       ".gz; on Debian: apt-get install dataset-fashion-mnist; elsewhere download the four from "
                       "https://github.com/zalandoresearch/fashion-mnist and give --data-dir FOLDER; or use --data shapes, which needs no file");
    return *path;
}

SingleLabelData load_fashion(const std::string& data_dir) {
    const std::string folder = data_dir.empty() ? fashion_folder : data_dir;
    const std::string train_images = fashion_file(folder, "train-images-idx3-ubyte");
    const std::string train_labels = fashion_file(folder, "train-labels-idx1-ubyte");
    const std::string test_images = fashion_file(folder, "t10k-images-idx3-ubyte");
    const std::string test_labels = fashion_file(folder, "t10k-labels-idx1-ubyte");
    return {"Fashion-MNIST", data::load_idx(train_images, train_labels, data::fashion_mnist_classes()),
            data::load_idx(test_images, test_labels, data::fashion_mnist_classes())};
}

void require_cifar(const std::string& data_dir, const std::vector<std::string>& paths, const std::string& archive) {
    require<ValueError>(!data_dir.empty(), "[data] expected --data-dir with the folder of CIFAR's binary files, got none; unpack ", archive,
                        " from https://www.cs.toronto.edu/~kriz/cifar.html");
    for (const std::string& path : paths)
        require<FileError>(std::filesystem::exists(path), "[data] expected CIFAR's binary files in ", data_dir, ", got no ", path, "; unpack ", archive,
                           " from https://www.cs.toronto.edu/~kriz/cifar.html");
}

SingleLabelData load_cifar10(const std::string& folder) {
    std::vector<std::string> train;
    for (int i = 1; i <= 5; ++i) train.push_back(text(folder, "/data_batch_", i, ".bin"));
    const std::vector<std::string> test{folder + "/test_batch.bin"};
    require_cifar(folder, train, "cifar-10-binary.tar.gz");
    require_cifar(folder, test, "cifar-10-binary.tar.gz");
    return {"CIFAR-10", data::load_cifar10(train), data::load_cifar10(test)};
}

SingleLabelData load_cifar100(const std::string& folder) {
    const std::vector<std::string> train{folder + "/train.bin"};
    const std::vector<std::string> test{folder + "/test.bin"};
    require_cifar(folder, train, "cifar-100-binary.tar.gz");
    require_cifar(folder, test, "cifar-100-binary.tar.gz");
    return {"CIFAR-100", data::load_cifar100(train), data::load_cifar100(test)};
}

SingleLabelData draw_shapes(std::int64_t train, std::int64_t test, double noise) {
    return {"drawn shapes", data::draw_shapes({.count = train, .seed = train_seed, .noise = noise}),
            data::draw_shapes({.count = test, .seed = test_seed, .noise = noise})};
}

// Images of one object each, from files.
SingleLabelData load_objects(const TrainingOptions& options) {
    if (options.data == "fashion") return load_fashion(options.data_dir);
    if (options.data == "cifar10") return load_cifar10(options.data_dir);
    if (options.data == "cifar100") return load_cifar100(options.data_dir);
    fail<ValueError>("[data] expected --data to be a known name, got ", options.data, suggestion(options.data, data_names));
}

std::vector<std::string> split(const std::string& list, char separator) {
    std::vector<std::string> parts{""};
    for (const char c : list) {
        if (c == separator)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

std::int64_t whole_number(const std::string& digits, const std::string& what) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    require<ValueError>(error == std::errc() && end == digits.data() + digits.size() && number > 0, "[data] expected ", what, ", got ", digits,
                        "; write arff:TRAIN,TEST,LABELS or arff:TRAIN,TEST,LABELS,CxHxW");
    return number;
}

MultiLabelData load_arff_pair(const TrainingOptions& options) {
    const std::vector<std::string> parts = split(options.data.substr(std::string("arff:").size()), ',');
    require<ValueError>(parts.size() == 3 || parts.size() == 4, "[data] expected arff:TRAIN,TEST,LABELS or arff:TRAIN,TEST,LABELS,CxHxW, got ", options.data);
    data::ArffOptions arff{.labels = whole_number(parts[2], "the number of labels")};
    if (parts.size() == 4)
        for (const std::string& extent : split(parts[3], 'x')) arff.image.push_back(whole_number(extent, "an image size CxHxW"));
    const std::string folder = options.data_dir.empty() ? "" : options.data_dir + "/";
    return {parts[0], options.data, data::load_arff(folder + parts[0], arff), data::load_arff(folder + parts[1], arff)};
}

// Four fifths to train on, one to evaluate on.
template <class Set>
std::pair<Set, Set> held_out(const Set& train) {
    return data::random_split(train, train.count() - train.count() / 5, split_seed);
}

std::vector<std::int64_t> some_indices(std::int64_t from, std::int64_t count, std::uint64_t seed) {
    std::vector<std::int64_t> order = data::random_order(from, Rng{seed});
    order.resize(static_cast<std::size_t>(count));
    return order;
}

template <class Set>
Set first_of(const Set& set, std::int64_t count) {
    return count >= set.count() ? set : data::subset(set, some_indices(set.count(), count, split_seed));
}

template <class Set>
Set sample(const Set& set, std::int64_t count) {
    if (count >= set.count()) return set;
    std::vector<std::int64_t> indices = some_indices(set.count(), count, sample_seed);
    std::sort(indices.begin(), indices.end());
    return data::subset(set, indices);
}

template <class Set>
Set with_size(const Set& set, const std::optional<std::int64_t>& size, const char* option) {
    if (!size) return set;
    require<ValueError>(*size <= set.count(), "[data] expected ", option, " of at most ", set.count(), ", the examples that there are, got ", *size);
    return at_most(set, *size);
}

template <class Data>
Data with_sizes(Data all, const TrainingOptions& options) {
    const Shape shape = all.train.example_shape();
    require<ShapeError>(shape == all.test.example_shape(), "[data] expected test examples shaped as the training examples, ", shape, ", got ",
                        all.test.example_shape());
    require<ShapeError>(shape.numel() > 0, "[data] expected examples of at least one value, got shape ", shape);
    if (options.validate) std::tie(all.train, all.test) = held_out(all.train);
    all.train = with_size(all.train, options.train_size, "--train-size");
    all.test = with_size(all.test, options.test_size, "--test-size");
    return all;
}

// Scenes to evaluate on show other objects than those to train on; with --validate, both come from the training objects.
MultiLabelData make_scenes(const TrainingOptions& options, const std::optional<double>& ratio = {}) {
    SingleLabelData objects = options.data == "shapes" ? draw_shapes(object_count, test_object_count, 0.0) : load_objects(options);
    if (options.validate) std::tie(objects.train, objects.test) = held_out(objects.train);
    const std::string name = objects.name + " scenes";
    data::SceneOptions training{.count = options.train_size.value_or(scene_count), .seed = train_seed};
    if (ratio) training.frequencies = data::long_tailed_frequencies(4 * objects.train.classes(), *ratio, frequency_seed);
    return {name, name, data::compose_scenes(objects.train, training),
            data::compose_scenes(objects.test, {.count = options.test_size.value_or(test_scene_count), .seed = test_seed})};
}

}  // namespace

SingleLabelData load_single_label(const TrainingOptions& options) {
    if (options.data == "shapes") {
        const std::int64_t wanted = options.train_size.value_or(shape_count);
        return with_sizes(draw_shapes(options.validate ? wanted + wanted / 4 + 1 : wanted, options.test_size.value_or(test_shape_count), 0.1), options);
    }
    require<ValueError>(options.data.rfind("arff:", 0) != 0, "[data] expected single-label data, got ", options.data,
                        ", which is multi-label; use --data fashion");
    return with_sizes(load_objects(options), options);
}

MultiLabelData load_multi_label(const TrainingOptions& options) {
    if (options.data.rfind("arff:", 0) == 0) return with_sizes(load_arff_pair(options), options);
    return make_scenes(options);
}

MultiLabelData load_long_tailed_scenes(const TrainingOptions& options, double ratio) {
    require<ValueError>(options.data.rfind("arff:", 0) != 0, "[data] expected objects to compose scenes of, got ", options.data,
                        ", whose classes have frequencies of their own; use --data fashion");
    return make_scenes(options, ratio);
}

data::LabeledImages at_most(const data::LabeledImages& set, std::int64_t count) { return first_of(set, count); }
data::MultiLabelImages at_most(const data::MultiLabelImages& set, std::int64_t count) { return first_of(set, count); }
data::LabeledImages sample_of(const data::LabeledImages& set, std::int64_t count) { return sample(set, count); }
data::MultiLabelImages sample_of(const data::MultiLabelImages& set, std::int64_t count) { return sample(set, count); }

}  // namespace knoll::apps

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
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>

namespace knoll::apps {

namespace {

constexpr const char* fashion_folder = "/usr/share/datasets/fashion-mnist";
// Images and labels to train on, images and labels to judge by.
constexpr std::array fashion_files{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
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

// An IDX file as it is or with .gz behind it, its type set off by a dash, as MNIST is published, or by a dot, as some programs that unpack
// it call it; nothing if none of these is there.
std::optional<std::string> present(const std::string& folder, const std::string& name) {
    std::string dotted = name;
    dotted[dotted.rfind("-idx")] = '.';
    for (const std::string& path : {text(folder, "/", name, ".gz"), text(folder, "/", name), text(folder, "/", dotted, ".gz"), text(folder, "/", dotted)})
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

std::string fashion_place(const std::string& data_dir) { return data_dir.empty() ? fashion_folder : data_dir; }

SingleLabelData load_fashion(const std::string& data_dir) {
    std::vector<std::string> files;
    files.reserve(fashion_files.size());
    for (const char* name : fashion_files) files.push_back(fashion_file(fashion_place(data_dir), name));
    return {"Fashion-MNIST", data::load_idx(files[0], files[1], data::fashion_mnist_classes()),
            data::load_idx(files[2], files[3], data::fashion_mnist_classes())};
}

void require_cifar(const std::string& data_dir, const std::vector<std::string>& paths, const std::string& archive) {
    require<ValueError>(!data_dir.empty(), "[data] expected --data-dir with the folder of CIFAR's binary files, got none; unpack ", archive,
                        " from https://www.cs.toronto.edu/~kriz/cifar.html");
    for (const std::string& path : paths)
        require<FileError>(std::filesystem::exists(path), "[data] expected CIFAR's binary files in ", data_dir, ", got no ", path, "; unpack ", archive,
                           " from https://www.cs.toronto.edu/~kriz/cifar.html");
}

struct CifarFiles {
    std::vector<std::string> train, test;
};

CifarFiles cifar10_files(const std::string& folder) {
    CifarFiles files{{}, {folder + "/test_batch.bin"}};
    for (int i = 1; i <= 5; ++i) files.train.push_back(text(folder, "/data_batch_", i, ".bin"));
    return files;
}

CifarFiles cifar100_files(const std::string& folder) { return {{folder + "/train.bin"}, {folder + "/test.bin"}}; }

SingleLabelData load_cifar10(const std::string& folder) {
    const auto [train, test] = cifar10_files(folder);
    require_cifar(folder, train, "cifar-10-binary.tar.gz");
    require_cifar(folder, test, "cifar-10-binary.tar.gz");
    return {"CIFAR-10", data::load_cifar10(train), data::load_cifar10(test)};
}

SingleLabelData load_cifar100(const std::string& folder) {
    const auto [train, test] = cifar100_files(folder);
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

bool is_arff(const TrainingOptions& options) { return options.data.rfind("arff:", 0) == 0; }

// TRAIN, TEST, LABELS and perhaps CxHxW of arff:TRAIN,TEST,LABELS,CxHxW.
std::vector<std::string> arff_parts(const TrainingOptions& options) { return split(options.data.substr(std::string("arff:").size()), ','); }

std::string arff_path(const TrainingOptions& options, const std::string& file) { return options.data_dir.empty() ? file : options.data_dir + "/" + file; }

MultiLabelData load_arff_pair(const TrainingOptions& options) {
    const std::vector<std::string> parts = arff_parts(options);
    require<ValueError>(parts.size() == 3 || parts.size() == 4, "[data] expected arff:TRAIN,TEST,LABELS or arff:TRAIN,TEST,LABELS,CxHxW, got ", options.data);
    data::ArffOptions arff{.labels = whole_number(parts[2], "the number of labels")};
    if (parts.size() == 4)
        for (const std::string& extent : split(parts[3], 'x')) arff.image.push_back(whole_number(extent, "an image size CxHxW"));
    return {parts[0], options.data, data::load_arff(arff_path(options, parts[0]), arff), data::load_arff(arff_path(options, parts[1]), arff)};
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

std::vector<std::string> data_files(const TrainingOptions& options) {
    std::vector<std::string> files;
    if (is_arff(options)) {
        const std::vector<std::string> parts = arff_parts(options);
        for (std::size_t i = 0; i < std::min<std::size_t>(parts.size(), 2); ++i) files.push_back(arff_path(options, parts[i]));
    } else if (options.data == "fashion") {
        for (const char* name : fashion_files)
            if (const std::optional<std::string> path = present(fashion_place(options.data_dir), name)) files.push_back(*path);
    } else if (options.data == "cifar10" || options.data == "cifar100") {
        const auto [train, test] = options.data == "cifar10" ? cifar10_files(options.data_dir) : cifar100_files(options.data_dir);
        files = train;
        files.insert(files.end(), test.begin(), test.end());
    }
    return files;
}

SingleLabelData load_single_label(const TrainingOptions& options) {
    if (options.data == "shapes") {
        const std::int64_t wanted = options.train_size.value_or(shape_count);
        return with_sizes(draw_shapes(options.validate ? wanted + wanted / 4 + 1 : wanted, options.test_size.value_or(test_shape_count), 0.1), options);
    }
    require<ValueError>(!is_arff(options), "[data] expected single-label data, got ", options.data, ", which is multi-label; use --data fashion");
    return with_sizes(load_objects(options), options);
}

MultiLabelData load_multi_label(const TrainingOptions& options) {
    if (is_arff(options)) return with_sizes(load_arff_pair(options), options);
    return make_scenes(options);
}

MultiLabelData load_long_tailed_scenes(const TrainingOptions& options, double ratio) {
    require<ValueError>(!is_arff(options), "[data] expected objects to compose scenes of, got ", options.data,
                        ", whose classes have frequencies of their own; use --data fashion");
    return make_scenes(options, ratio);
}

data::LabeledImages at_most(const data::LabeledImages& set, std::int64_t count) { return first_of(set, count); }
data::MultiLabelImages at_most(const data::MultiLabelImages& set, std::int64_t count) { return first_of(set, count); }
data::LabeledImages sample_of(const data::LabeledImages& set, std::int64_t count) { return sample(set, count); }
data::MultiLabelImages sample_of(const data::MultiLabelImages& set, std::int64_t count) { return sample(set, count); }

}  // namespace knoll::apps

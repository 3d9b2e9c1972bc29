// Data sets of a few pixels whose every example is known, and a model of known weights: what the numbers of tasks are counted again on.
#pragma once

#include <knoll/apps/tasks/catalog.h>
#include <knoll/apps/training/task.h>
#include <knoll/core/core.h>
#include <knoll/data/readers/idx.h>
#include <knoll/nn/nn.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace knoll::test {

constexpr std::int64_t tiny_side = 4;

/// Fashion-MNIST's four files with images of 4x4: pixels 0 and 1 are the example's number, the others look random.
class TinyFashion {
public:
    TinyFashion(std::vector<std::int64_t> train, std::vector<std::int64_t> test) : train_(std::move(train)), test_(std::move(test)) {
        write("train", train_);
        write("t10k", test_);
    }

    apps::TrainingOptions options(std::map<std::string, std::string> of_task = {}) const {
        apps::TrainingOptions options;
        options.data_dir = folder_.path();
        options.task_options = std::move(of_task);
        return options;
    }
    const std::vector<std::int64_t>& train() const { return train_; }
    const std::vector<std::int64_t>& test() const { return test_; }

    static std::uint8_t pixel(std::int64_t example, std::int64_t place) {
        if (place < 2) return static_cast<std::uint8_t>(place == 0 ? example % 256 : example / 256);
        return static_cast<std::uint8_t>(Rng{99}.fork(static_cast<std::uint64_t>(example)).fork(static_cast<std::uint64_t>(place)).next() % 256);
    }

private:
    void write(const std::string& part, const std::vector<std::int64_t>& labels) const {
        const auto number = [](std::int64_t value) {
            return std::string{static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8), static_cast<char>(value)};
        };
        const auto count = static_cast<std::int64_t>(labels.size());
        std::ofstream images{folder_ / (part + "-images-idx3-ubyte"), std::ios::binary}, classes{folder_ / (part + "-labels-idx1-ubyte"), std::ios::binary};
        images << number(0x803) << number(count) << number(tiny_side) << number(tiny_side);
        classes << number(0x801) << number(count);
        for (std::int64_t i = 0; i < count; ++i) {
            for (std::int64_t place = 0; place < tiny_side * tiny_side; ++place) images.put(static_cast<char>(pixel(i, place)));
            classes.put(static_cast<char>(labels[static_cast<std::size_t>(i)]));
        }
    }

    TemporaryFolder folder_;
    std::vector<std::int64_t> train_, test_;
};

/// 0, 1, ..., classes - 1, 0, 1, ...
inline std::vector<std::int64_t> labels_in_turn(std::int64_t count, std::int64_t classes = 10) {
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < count; ++i) labels.push_back(i % classes);
    return labels;
}

inline std::unique_ptr<apps::Task> task(const std::string& name, const apps::TrainingOptions& options) { return apps::find_task(name).make(options); }

inline apps::Method method(const std::string& text, const std::string& task) { return apps::parse_method(text, apps::find_task(task).info); }

/// An example as a batch has it: where it stands in the set, its number in the files, its label or labels.
struct Seen {
    std::int64_t place, example;
    std::vector<double> labels;
};

/// All examples of an epoch, in order. The number is that of tiny images.
inline std::vector<Seen> epoch_of(const apps::TrainingSet& set, std::int64_t batch_size, std::int64_t epoch) {
    std::vector<Seen> all;
    for (const data::Batch& batch : set.batches(batch_size, epoch, 0)) {
        const std::vector<double> pixels = batch.images.to_vector(), labels = batch.labels.to_vector();
        const std::size_t size = pixels.size() / static_cast<std::size_t>(batch.size()), width = labels.size() / static_cast<std::size_t>(batch.size());
        for (std::size_t n = 0; n < static_cast<std::size_t>(batch.size()); ++n)
            all.push_back({batch.indices.at<std::int64_t>(static_cast<std::int64_t>(n)),
                           static_cast<std::int64_t>(std::lround(255 * pixels[n * size]) + 256 * std::lround(255 * pixels[n * size + 1])),
                           {labels.begin() + static_cast<std::ptrdiff_t>(n * width), labels.begin() + static_cast<std::ptrdiff_t>((n + 1) * width)}});
    }
    return all;
}

/// The same in the set's order.
inline std::vector<Seen> in_order(std::vector<Seen> all) {
    std::sort(all.begin(), all.end(), [](const Seen& a, const Seen& b) { return a.place < b.place; });
    return all;
}

/// A linear model of flattened images, in evaluation mode.
inline nn::Sequential linear_model(std::int64_t inputs, std::int64_t outputs, std::uint64_t seed) {
    nn::Sequential model{nn::Flatten{}, nn::Linear{inputs, outputs}};
    Rng rng{seed};
    model.initialize(rng);
    model.eval();
    return model;
}

/// Its logits [examples][outputs], in plain loops.
inline std::vector<std::vector<double>> linear_logits(nn::Sequential& model, const std::vector<std::vector<double>>& images) {
    const nn::Linear& layer = model.get<nn::Linear>(1);
    const std::vector<double> weight = layer.weight.to_vector(), bias = layer.bias.to_vector();
    std::vector<std::vector<double>> logits;
    for (const std::vector<double>& image : images) {
        logits.push_back(bias);
        for (std::size_t k = 0; k < bias.size(); ++k)
            for (std::size_t i = 0; i < image.size(); ++i) logits.back()[k] += weight[k * image.size() + i] * image[i];
    }
    return logits;
}

/// Pixels in 0..1 of tiny images.
inline std::vector<std::vector<double>> tiny_pixels(std::int64_t count) {
    std::vector<std::vector<double>> images(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t place = 0; place < tiny_side * tiny_side; ++place)
            images[static_cast<std::size_t>(i)].push_back(TinyFashion::pixel(i, place) / 255.0);
    return images;
}

inline std::int64_t first_largest(const std::vector<double>& logits) { return std::max_element(logits.begin(), logits.end()) - logits.begin(); }

/// The share of each class's examples that are predicted right, in percent; NaN for a class without any.
inline std::vector<double> class_accuracies(const std::vector<std::vector<double>>& logits, const std::vector<std::int64_t>& labels) {
    std::vector<double> right(10, 0.0), all(10, 0.0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        all[static_cast<std::size_t>(labels[i])] += 1;
        right[static_cast<std::size_t>(labels[i])] += first_largest(logits[i]) == labels[i] ? 1 : 0;
    }
    for (std::size_t c = 0; c < 10; ++c) right[c] = 100 * right[c] / all[c];
    return right;
}

inline void check_percents(const std::vector<double>& actual, const std::vector<double>& expected) {
    CAPTURE(actual, expected);
    REQUIRE(actual.size() == expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
        if (std::isnan(expected[i]))
            CHECK(std::isnan(actual[i]));
        else
            CHECK(actual[i] == Approx(expected[i]).margin(1e-5));
    }
}

inline std::vector<std::string> names_of(const std::vector<apps::Metric>& metrics) {
    std::vector<std::string> names;
    for (const apps::Metric& metric : metrics) names.push_back(metric.name);
    return names;
}

inline std::vector<double> values_of(const std::vector<apps::Metric>& metrics) {
    std::vector<double> values;
    for (const apps::Metric& metric : metrics) values.push_back(metric.value);
    return values;
}

/// "epochs 10, batch 128, lr 0.1, ..."
inline std::string in_words(const apps::NamedTexts& entries) {
    std::string words;
    for (const auto& [name, value] : entries) words += (words.empty() ? "" : ", ") + name + " " + value;
    return words;
}

/// Options with their initial values, then what compare takes.
inline std::string in_words(const apps::TaskInfo& info) {
    std::string words;
    for (const apps::TaskOption& option : info.options) words += "--" + option.name + " " + option.initial + ", ";
    for (const std::string& name : info.methods) words += name + " ";
    return words;
}

}  // namespace knoll::test

// What the tests of tasks with several labels an image count again.
#pragma once

#include "apps/tasks/tiny_data.h"

#include <knoll/apps/report/gallery.h>

namespace knoll::test {

/// Labels [images][classes] of 0 and 1.
using LabelRows = std::vector<std::vector<double>>;

/// Images, labels and observed labels as methods see them, in the set's order.
struct SeenSet {
    std::vector<std::vector<double>> images;
    LabelRows labels;
};

inline SeenSet set_of(const apps::Learning& learning) {
    SeenSet set;
    set.images.resize(static_cast<std::size_t>(learning.data.count));
    set.labels = set.images;
    for (const data::Batch& batch : learning.data.batches(9, 0, 0))
        for (std::int64_t n = 0; n < batch.size(); ++n) {
            const auto place = static_cast<std::size_t>(batch.indices.at<std::int64_t>(n));
            set.images[place] = select(batch.images, 0, n).to_vector();
            set.labels[place] = select(batch.labels, 0, n).to_vector();
        }
    return set;
}

inline double count_of(const std::vector<double>& labels) {
    double count = 0;
    for (const double label : labels) count += label;
    return count;
}

inline std::vector<double> class_counts(const LabelRows& labels) {
    std::vector<double> counts(labels.front().size(), 0.0);
    for (const auto& row : labels)
        for (std::size_t c = 0; c < counts.size(); ++c) counts[c] += row[c];
    return counts;
}

/// In percent: the average precision of each class, where no two logits are equal.
inline std::vector<double> average_precisions(const std::vector<std::vector<double>>& logits, const LabelRows& labels) {
    std::vector<double> precisions;
    for (std::size_t c = 0; c < labels.front().size(); ++c) {
        double total = 0, positives = 0;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i][c] == 0) continue;
            double above = 0, positives_above = 0;
            for (std::size_t j = 0; j < labels.size(); ++j)
                if (logits[j][c] >= logits[i][c]) {
                    above += 1;
                    positives_above += labels[j][c];
                }
            total += positives_above / above;
            positives += 1;
        }
        precisions.push_back(positives == 0 ? 0 : 100 * total / positives);
    }
    return precisions;
}

inline double mean_of(const std::vector<double>& values) { return values.empty() ? NAN : count_of(values) / static_cast<double>(values.size()); }

/// The gallery of the first eight images with missing labels, told again: filled, dashed and found ones.
inline std::vector<apps::ExampleImage> found_again(const LabelRows& all, const LabelRows& observed, const std::vector<std::vector<double>>& logits,
                                                   double threshold, const std::vector<std::string>& names, std::size_t count) {
    std::vector<apps::ExampleImage> images;
    for (std::size_t i = 0; i < all.size() && images.size() < count; ++i) {
        if (all[i] == observed[i]) continue;
        apps::ExampleImage image;
        for (std::size_t c = 0; c < names.size(); ++c) {
            const bool there = all[i][c] == 1, seen = observed[i][c] == 1;
            const bool found = !logits.empty() && !seen && 1 / (1 + std::exp(-logits[i][c])) > threshold;
            if (seen) image.observed.push_back(names[c]);
            if (there && !seen && !found) image.missing.push_back(names[c]);
            if (found) image.recovered.push_back(names[c] + (there ? "" : "?"));
        }
        images.push_back(image);
    }
    return images;
}

/// Their labels, pictures aside.
inline void check_labels_of(const std::vector<apps::ExampleImage>& actual, const std::vector<apps::ExampleImage>& expected) {
    REQUIRE(actual.size() == expected.size());
    std::set<std::string> pictures;
    for (std::size_t i = 0; i < actual.size(); ++i) {
        INFO("image " << i);
        CHECK(actual[i].observed == expected[i].observed);
        CHECK(actual[i].missing == expected[i].missing);
        CHECK(actual[i].recovered == expected[i].recovered);
        CHECK(actual[i].mark == apps::Mark::none);
        pictures.insert(actual[i].data_uri);
    }
    CHECK(pictures.size() == actual.size());
}

}  // namespace knoll::test

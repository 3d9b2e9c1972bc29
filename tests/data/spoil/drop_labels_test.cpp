#include "data/random_sets.h"

#include <knoll/data/spoil/drop_labels.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <numeric>

using namespace knoll;
using data::Keep;

namespace {

std::int64_t row_sum(const data::MultiLabelImages& set, std::int64_t row) {
    const auto values = set.labels().data<std::uint8_t>().subspan(static_cast<std::size_t>(row * set.classes()), static_cast<std::size_t>(set.classes()));
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

}  // namespace

TEST_CASE("of n positive labels 1, n/5+1, n/2+1 or n are kept") {
    const std::int64_t n = GENERATE(1, 2, 3, 4, 5, 6, 9, 10, 11, 18);
    CHECK(data::kept_labels(Keep::single, n) == 1);
    CHECK(data::kept_labels(Keep::forty, n) == n / 5 + 1);
    CHECK(data::kept_labels(Keep::seventy_five, n) == n / 2 + 1);
    CHECK(data::kept_labels(Keep::full, n) == n);
}

TEST_CASE("dropping never adds a label, and keeps exactly as many as the rule says") {
    const data::MultiLabelImages full = random_multi_label(3000, 17, 0.3);
    const Keep keep = GENERATE(Keep::single, Keep::forty, Keep::seventy_five, Keep::full);
    const data::MultiLabelImages observed = data::drop_labels(full, {.keep = keep, .seed = 7});
    const auto before = full.labels().data<std::uint8_t>();
    const auto after = observed.labels().data<std::uint8_t>();
    bool none_added = true, rule_holds = true;
    for (std::size_t i = 0; i < before.size(); ++i) none_added = none_added && after[i] <= before[i];
    for (std::int64_t row = 0; row < full.count(); ++row) rule_holds = rule_holds && row_sum(observed, row) == data::kept_labels(keep, row_sum(full, row));
    CHECK(none_added);
    CHECK(rule_holds);
    CHECK(observed.images().is_same(full.images()));
}

TEST_CASE("an image without labels stays without") {
    CHECK(data::drop_labels(random_multi_label(5, 3, 0.0), {.keep = Keep::single}).labels_per_image() == 0.0);
    CHECK(data::kept_labels(Keep::seventy_five, 0) == 0);
}

TEST_CASE("each positive label is kept with the same probability") {
    // 4 positives in 6 classes, of which 75 % keeps 3: each with probability 3/4.
    const std::int64_t count = 20000;
    Tensor labels = zeros({count, 6}, DType::u8);
    for (std::int64_t i = 0; i < count; ++i)
        for (const std::int64_t c : {0, 2, 3, 5}) labels.fresh_data<std::uint8_t>()[i * 6 + c] = 1;
    const data::MultiLabelImages set(zeros({count, 1}), labels);
    const data::MultiLabelImages observed = data::drop_labels(set, {.keep = Keep::seventy_five, .seed = 1});
    std::vector<double> kept(6);
    for (std::int64_t i = 0; i < count * 6; ++i) kept[static_cast<std::size_t>(i % 6)] += observed.labels().data<std::uint8_t>()[static_cast<std::size_t>(i)];
    const double five_deviations = 5 * std::sqrt(0.75 * 0.25 / count);
    for (const std::size_t c : {0U, 2U, 3U, 5U}) CHECK(kept[c] / count == Approx(0.75).margin(five_deviations));
}

TEST_CASE("what is kept depends on the seed and the image's index alone") {
    const data::MultiLabelImages full = random_multi_label(200, 12, 0.4);
    const auto labels = [&](const data::MultiLabelImages& set, Keep keep, std::uint64_t seed) {
        return data::drop_labels(set, {.keep = keep, .seed = seed}).labels().to_vector();
    };
    const std::vector<double> once = labels(full, Keep::seventy_five, 1);
    CHECK(labels(full, Keep::seventy_five, 1) == once);
    CHECK(labels(full, Keep::seventy_five, 2) != once);

    std::vector<std::int64_t> first(50);
    std::iota(first.begin(), first.end(), 0);
    const std::vector<double> part = labels(subset(full, first), Keep::seventy_five, 1);
    CHECK(part == std::vector<double>(once.begin(), once.begin() + 50 * 12));
}

TEST_CASE("what is kept at 40 % is no subset of what is kept at 75 %") {
    const data::MultiLabelImages full = random_multi_label(500, 12, 0.4);
    const auto few = data::drop_labels(full, {.keep = Keep::forty, .seed = 1}).labels().to_vector();
    const auto many = data::drop_labels(full, {.keep = Keep::seventy_five, .seed = 1}).labels().to_vector();
    bool subset = true;
    for (std::size_t i = 0; i < few.size(); ++i) subset = subset && few[i] <= many[i];
    CHECK_FALSE(subset);
}

TEST_CASE("the settings are read back from their names") {
    for (const Keep keep : {Keep::single, Keep::forty, Keep::seventy_five, Keep::full}) CHECK(data::parse_keep(to_string(keep)) == keep);
    CHECK_THROWS_WITH(data::parse_keep("half"), "[keep] expected single, 40, 75 or full, got half");
}

TEST_CASE("labels dropped at random leave every image one, and their share elsewhere") {
    const std::int64_t count = 8000;
    Tensor labels = zeros({count, 5}, DType::u8);
    for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t c = 0; c < i % 4; ++c) labels.fresh_data<std::uint8_t>()[i * 5 + c] = 1;  // none to three
    const data::MultiLabelImages set(zeros({count, 1}), labels);
    const data::MultiLabelImages left = data::drop_labels_at_random(set, {.rate = 0.4, .seed = 2});
    double kept[4] = {}, first[4] = {};
    for (std::int64_t i = 0; i < count; ++i) {
        const std::uint8_t* row = left.labels().data<std::uint8_t>().data() + i * 5;
        const auto present = std::count(row, row + 5, 1);
        REQUIRE(std::count(row, row + i % 4, 1) == present);
        REQUIRE((present > 0) == (i % 4 > 0));
        kept[i % 4] += static_cast<double>(present) / (count / 4.0);
        first[i % 4] += row[0] / (count / 4.0);
    }
    CHECK(kept[1] == Approx(1));
    CHECK(kept[2] == Approx(2 * 0.6 + 0.16).margin(0.06));  // the expected share, and what survives of 0.4^n
    CHECK(kept[3] == Approx(3 * 0.6 + 0.064).margin(0.06));
    CHECK(first[3] == Approx(kept[3] / 3).margin(0.06));
    CHECK(data::drop_labels_at_random(set, {.rate = 0.4, .seed = 2}).labels().to_vector() == left.labels().to_vector());
    CHECK(data::drop_labels_at_random(set, {.rate = 0}).labels().to_vector() == labels.to_vector());
    CHECK(data::drop_labels_at_random(set, {.rate = 1}).labels_per_image() == Approx(0.75));
    CHECK_THROWS_WITH(data::drop_labels_at_random(set, {.rate = 1.5}), "[drop_labels_at_random] expected a rate in [0, 1], got 1.5");
}

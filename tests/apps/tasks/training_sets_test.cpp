// The order of training sets, and names of classes that nobody has named.
#include <knoll/apps/tasks/multi_label.h>
#include <knoll/apps/tasks/single_label.h>
#include <knoll/core/core.h>

#include <catch2/catch.hpp>

#include <algorithm>

using namespace knoll;

namespace {

std::vector<std::int64_t> places_of(const apps::TrainingSet& set, std::int64_t epoch, std::int64_t first_batch) {
    std::vector<std::int64_t> places;
    for (const data::Batch& batch : set.batches(4, epoch, first_batch))
        for (const double place : batch.indices.to_vector()) places.push_back(static_cast<std::int64_t>(place));
    return places;
}

template <class Set>
void check_order(const Set& set) {
    const auto whole = places_of(apps::shuffled(set, 3), 1, 0);
    CHECK(whole.size() == 23);
    CHECK_FALSE(std::is_sorted(whole.begin(), whole.end()));
    CHECK(places_of(apps::shuffled(set, 3), 1, 0) == whole);
    CHECK(places_of(apps::shuffled(set, 3), 2, 0) != whole);
    CHECK(places_of(apps::shuffled(set, 4), 1, 0) != whole);
    CHECK(places_of(apps::shuffled(set, 3), 1, 2) == std::vector<std::int64_t>(whole.begin() + 8, whole.end()));
    CHECK(apps::shuffled(set, 3).count == 23);
}

}  // namespace

TEST_CASE("the order of a training set is its seed's and its epoch's, and goes on at any batch") {
    check_order(data::LabeledImages{zeros({23, 2}), zeros({23}, DType::i64), 3});
    check_order(data::MultiLabelImages{zeros({23, 2}), zeros({23, 3}, DType::u8)});
}

TEST_CASE("classes and labels without names are called by their numbers, from 0") {
    CHECK(apps::names_of_classes(data::LabeledImages{zeros({1, 2}), zeros({1}, DType::i64), 2}) == std::vector<std::string>{"class 0", "class 1"});
    CHECK(apps::label_names(data::MultiLabelImages{zeros({1, 2}), zeros({1, 2}, DType::u8)}) == std::vector<std::string>{"label 0", "label 1"});
}

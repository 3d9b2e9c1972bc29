#include <knoll/losses/class_weights.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace knoll;

namespace {

const std::vector<std::int64_t> counts{5000, 100, 1};

}  // namespace

TEST_CASE("inverse frequencies add up to the number of classes and keep their ratios") {
    const Tensor weights = losses::inverse_frequency(counts, DType::f64);
    CHECK(sum(weights).item() == Approx(3));
    CHECK(weights.at<double>(2) / weights.at<double>(0) == Approx(5000));
    CHECK(weights.at<double>(1) / weights.at<double>(0) == Approx(50));
}

TEST_CASE("effective numbers follow their formula, are even at beta 0 and near inverse frequency as beta nears 1") {
    const Tensor weights = losses::effective_number(counts, 0.999, DType::f64);
    CHECK(sum(weights).item() == Approx(3));
    const auto effective = [](double n) { return (1 - std::pow(0.999, n)) / (1 - 0.999); };
    CHECK(weights.at<double>(2) / weights.at<double>(0) == Approx(effective(5000) / effective(1)));
    CHECK(weights.at<double>(2) / weights.at<double>(1) == Approx(effective(100) / effective(1)));
    check_close(losses::effective_number(counts, 0.0, DType::f64), ones({3}, DType::f64), 1e-15, 0);
    check_close(losses::effective_number(counts, 1 - 1e-12, DType::f64), losses::inverse_frequency(counts, DType::f64), 1e-6, 0);
}

TEST_CASE("class weights refuse empty lists, empty classes and betas out of range") {
    CHECK_THROWS_WITH(losses::inverse_frequency({}), "[inverse_frequency] expected at least one class, got none");
    CHECK_THROWS_WITH(losses::effective_number(std::vector<std::int64_t>{3, 0}),
                      "[effective_number] expected at least one example of every class, got 0 of class 1");
    CHECK_THROWS_WITH(losses::effective_number(counts, 1.0), "[effective_number] expected beta in [0, 1), got 1");
}

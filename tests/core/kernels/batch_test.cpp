#include <knoll/core/kernels/batch.h>
#include <catch2/catch.hpp>

using namespace knoll;
using kernels::BatchPlan;

TEST_CASE("the matrices of two batches meet as their leading dimensions broadcast") {
    const BatchPlan plan("test", {2, 1, 3}, {4, 1});
    REQUIRE(plan.shape() == Shape{2, 4, 3});
    std::int64_t index = 0;
    for (std::int64_t i = 0; i < 2; ++i)
        for (std::int64_t j = 0; j < 4; ++j)
            for (std::int64_t k = 0; k < 3; ++k, ++index) {
                const auto pair = plan.operands(index);
                CHECK(pair.a == i * 3 + k);
                CHECK(pair.b == j);
            }
}

TEST_CASE("two single matrices make a batch of one") {
    const BatchPlan plan("test", {}, {});
    CHECK(plan.shape().numel() == 1);
    CHECK(plan.operands(0).a == 0);
    CHECK(plan.operands(0).b == 0);
    CHECK(kernels::leading_shape({5, 6, 7}) == Shape{5});
}

TEST_CASE("batches that do not broadcast are refused by the op's name") { CHECK_THROWS_WITH(BatchPlan("test", {2}, {3}), Catch::Contains("[test]")); }

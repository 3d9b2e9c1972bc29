// Tests of hand-written gradients, with Catch2.
#define CATCH_CONFIG_MAIN
#include <knoll/knoll.h>
#include <knoll/testing.h>

using namespace knoll;
using testing::HasRightGradients;
using testing::IsCloseTo;

namespace {

// a * b, with a gradient written by hand.
Tensor product(const std::vector<Tensor>& inputs) {
    return custom_op(
        "product", inputs, [](const std::vector<Tensor>& in) { return in[0] * in[1]; },
        [](const std::vector<Tensor>& in, const Tensor& upstream) {
            return std::vector<Tensor>{upstream * in[1], upstream * in[0]};
        });
}

}  // namespace

TEST_CASE("the product has right gradients to second order") {
    Rng rng{1};
    const Tensor a = randn({2, 3}, rng, DType::f64);
    const Tensor b = randn({2, 3}, rng, DType::f64);
    CHECK_THAT(product, HasRightGradients({a, b}, {.order = 2}));
    CHECK_THAT([&](const Tensor& x) { return product({x, b}); }, HasRightGradients(a));
}

TEST_CASE("the product is what it should be") {
    const Tensor a = tensor({1, 2, 3});
    CHECK_THAT(product({a, a}), IsCloseTo(tensor({1, 4, 9})));
    CHECK_THAT(product({a, a + 1e-4}), !IsCloseTo(tensor({1, 4, 9})));
    CHECK_THAT(product({a, a + 1e-4}), IsCloseTo(tensor({1, 4, 9}), {.relative = 1e-3}));
}

#include <knoll/core/closeness.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/testing.h>

#include "support/numbers.h"
#include "support/sample.h"

using namespace knoll;
using Catch::Contains;
using knoll::testing::HasRightGradients;
using knoll::testing::IsCloseTo;

namespace {

Tensor twice_with_gradient(const Tensor& x, double slope) {
    return custom_op(
        "twice", {x}, [](const std::vector<Tensor>& in) { return in[0] * 2.0; },
        [slope](const std::vector<Tensor>&, const Tensor& g) { return std::vector<Tensor>{g * slope}; });
}

}  // namespace

TEST_CASE("a comparison counts what differs and shows the worst element with both tensors") {
    const Tensor expected = tensor({{1, 2}, {3, 4}}, DType::f64);
    const Closeness closeness = compare(tensor({{1, 2.5}, {3, 8}}), expected, {.relative = 0.1});
    CHECK_FALSE(closeness.ok());
    CHECK(closeness.comparable);
    CHECK(closeness.differing == 2);
    CHECK(closeness.worst == 3);
    CHECK_THAT(closeness.report, Contains("2 of 4 elements differ, the worst at [1, 1]: 8, expected 4 (10 times what is tolerated)"));
    CHECK_THAT(closeness.report, Contains("actual: f32 [2, 2], expected: f64 [2, 2]"));
}

TEST_CASE("tolerances are relative to what is expected, and absolute") {
    const Tensor expected = tensor({100, 0}, DType::f64);
    CHECK(compare(tensor({100.5, 0}, DType::f64), expected, {.relative = 0.01}).ok());
    CHECK_FALSE(compare(tensor({102, 0}, DType::f64), expected, {.relative = 0.01}).ok());
    CHECK_FALSE(compare(tensor({100, 1e-9}, DType::f64), expected, {.relative = 0.01}).ok());
    CHECK(compare(tensor({100, 1e-9}, DType::f64), expected, {.absolute = 1e-8, .relative = 0}).ok());
    CHECK(compare(expected, expected, {.relative = 0}).ok());
    CHECK_THROWS_AS(compare(expected, expected, {.relative = -1}), ValueError);
}

TEST_CASE("NaN agrees with NaN and infinity with itself, and with nothing else") {
    const Tensor special = tensor({not_a_number, infinity, -infinity}, DType::f64);
    CHECK(compare(special, special).ok());
    CHECK(compare(-special, special).differing == 2);
    CHECK(compare(tensor({0, 0, 0}, DType::f64), special).differing == 3);
    CHECK(compare(special, tensor({0, 0, 0}, DType::f64)).differing == 3);
}

TEST_CASE("tensors of other shapes, or undefined ones, are not close to any") {
    const Closeness closeness = compare(sample({2, 3}), sample({3, 2}));
    CHECK_FALSE(closeness.ok());
    CHECK_THAT(closeness.report, Contains("actual: f64 [2, 3], expected: f64 [3, 2]"));
    CHECK_FALSE(compare(Tensor{}, sample({2})).ok());
    CHECK_FALSE(compare(sample({2}), Tensor{}).ok());
    CHECK(compare(zeros({0, 3}), zeros({0, 3})).ok());
}

TEST_CASE("IsCloseTo matches as the comparison does, and shows its report") {
    const IsCloseTo close(sample({3}), {.absolute = 0.1});
    CHECK_THAT(sample({3}) + 0.05, close);
    CHECK_THAT(sample({3}) + 0.2, !close);
    CHECK_FALSE(close.match(sample({3}) + 0.2));
    CHECK_THAT(close.toString(), Contains("3 of 3 elements differ"));
}

TEST_CASE("a tolerance is given in the order in which it is written: absolute, then relative") {
    const Tolerance tolerance{.absolute = 0.5, .relative = 0.25};
    CHECK(Tolerance{0.5, 0.25}.absolute == tolerance.absolute);
    CHECK(compare(tensor({10.0 + 0.5 + 0.25 * 10}), tensor({10.0}), tolerance).ok());
    CHECK_FALSE(compare(tensor({13.1}), tensor({10.0}), tolerance).ok());
    CHECK_THROWS_WITH(compare(tensor({1}), tensor({1}), {.absolute = -1, .relative = 2}), "[compare] expected tolerances of at least 0, got -1 and 2");
}

TEST_CASE("a failed check names what it was of: a function, not its address") {
    const auto free_function = +[](const Tensor& x) { return x; };
    const TensorsFunction wrapped = [](const std::vector<Tensor>& in) { return in[0]; };
    CHECK(Catch::Detail::stringify(free_function) == "the function");
    CHECK(Catch::Detail::stringify(*free_function) == "the function");
    CHECK(Catch::Detail::stringify([](const Tensor& x) { return x; }) == "the function");
    CHECK(Catch::Detail::stringify(wrapped) == "the function");
    CHECK(Catch::Detail::stringify(Shape{2, 3}) == "[2, 3]");
    CHECK(Catch::Detail::stringify(DType::u8) == "u8");
    CHECK_THAT(Catch::Detail::stringify(scalar(1.0)), Contains("f32 []"));
}

TEST_CASE("HasRightGradients takes functions of one tensor and of several, and shows what is wrong") {
    CHECK_THAT([](const Tensor& x) { return twice_with_gradient(x, 2); }, HasRightGradients(sample({2}), {.order = 2}));
    CHECK_THAT([](const std::vector<Tensor>& in) { return in[0] * in[1]; }, HasRightGradients({sample({2}), sample({2})}));
    const HasRightGradients right(sample({2}));
    CHECK_FALSE(right.match(TensorFunction([](const Tensor& x) { return twice_with_gradient(x, 3); })));
    CHECK_THAT(right.toString(), Contains("[twice] order 1: wrong derivatives by 2 of 2 elements of input 0") &&
                                     Contains("[twice] order 1: expected the derivative") && Contains("got 3"));
    const HasRightGradients two({sample({2}), sample({2})});
    CHECK_THROWS_AS(two.match(TensorFunction([](const Tensor& x) { return x; })), ValueError);
}

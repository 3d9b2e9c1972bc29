#include "support/close.h"
#include "support/numbers.h"

#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>

#include <cmath>
#include <limits>
#include <type_traits>

using namespace knoll;

namespace {

using Values = std::vector<double>;

}  // namespace

TEST_CASE("comparisons give u8, broadcast, and are false for NaN but for inequality") {
    const Tensor a = tensor({{1.0, 2.0, 3.0}, {3.0, not_a_number, 1.0}}), b = tensor({2.0, 2.0, 2.0});
    CHECK((a > b).dtype() == DType::u8);
    CHECK((a > b).shape() == Shape{2, 3});
    CHECK((a > b).to_vector() == Values{0, 0, 1, 1, 0, 0});
    CHECK((b > a).to_vector() == Values{1, 0, 0, 0, 0, 1});
    CHECK((a < b).to_vector() == Values{1, 0, 0, 0, 0, 1});
    CHECK((a >= b).to_vector() == Values{0, 1, 1, 1, 0, 0});
    CHECK((a <= b).to_vector() == Values{1, 1, 0, 0, 0, 1});
    CHECK((a == b).to_vector() == Values{0, 1, 0, 0, 0, 0});
    CHECK((a != b).to_vector() == Values{1, 0, 1, 1, 1, 1});
    CHECK((a > 2.0).to_vector() == (a > b).to_vector());
    CHECK((a < 2.0).to_vector() == (a < b).to_vector());
    CHECK((a >= 2.0).to_vector() == (a >= b).to_vector());
    CHECK((a <= 2.0).to_vector() == (a <= b).to_vector());
    CHECK((a == 2.0).to_vector() == (a == b).to_vector());
    CHECK((a != 2.0).to_vector() == (a != b).to_vector());
    CHECK_THROWS_WITH(a > zeros({2}), Catch::StartsWith("[>] expected shapes that broadcast"));
}

TEST_CASE("comparisons promote, and compare large integers with a plain number exactly") {
    CHECK((tensor({1.0, 2.0}, DType::u8) == tensor({1.0, 2.5}, DType::f64)).to_vector() == Values{1, 0});
    CHECK((arange(3) > tensor({1.0}, DType::u8)).to_vector() == Values{0, 0, 1});
    const std::vector<std::int64_t> large = {(1 << 24) + 1, (1 << 24)};
    CHECK((from_data<std::int64_t>({2}, large) == 16777217.0).to_vector() == Values{1, 0});
    CHECK((tensor({0.1}) == 0.1).to_vector() == Values{1});  // both in f32
}

TEST_CASE("integers beyond the digits of a floating-point type are compared with it exactly, on either side") {
    const std::int64_t edge = std::int64_t{1} << 53, huge = std::numeric_limits<std::int64_t>::max(), low = std::numeric_limits<std::int64_t>::min();
    const std::vector<std::int64_t> numbers = {edge, edge + 1, -edge - 1, huge, low, huge, 3, 3, 2};
    const std::vector<double> others = {9007199254740992.0, 9007199254740992.0, -9007199254740992.0, 0x1p63, -0x1p63, infinity, 2.5, not_a_number, 2.5};
    // How each integer stands to its partner; NaN for neither.
    const std::vector<double> order = {0, 1, -1, -1, 0, -1, 1, not_a_number, -1};
    const Tensor a = from_data<std::int64_t>({9}, numbers), b = tensor(others, {9}, DType::f64), o = tensor(order, {9}, DType::f64);
    for (const Tensor& other : {b, b.to(DType::f32)}) {
        CHECK(equal(a > other, o > 0.0));
        CHECK(equal(a < other, o < 0.0));
        CHECK(equal(a >= other, o >= 0.0));
        CHECK(equal(a <= other, o <= 0.0));
        CHECK(equal(a == other, o == 0.0));
        CHECK(equal(a != other, o != 0.0));
        CHECK(equal(other > a, o < 0.0));
        CHECK(equal(other<a, o> 0.0));
        CHECK(equal(other >= a, o <= 0.0));
        CHECK(equal(other <= a, o >= 0.0));
        CHECK(equal(other == a, o == 0.0));
        CHECK(equal(other != a, o != 0.0));
    }
    const Tensor rows = reshape(a, {9, 1}) > reshape(b, {1, 9});
    CHECK(rows.shape() == Shape{9, 9});
    CHECK(rows.at<std::uint8_t>(1, 0) == 1);
    CHECK(rows.at<std::uint8_t>(0, 0) == 0);
}

TEST_CASE("an integer beside a tensor of integers is compared as it is, and a floating-point number too") {
    const std::vector<std::int64_t> large = {9007199254740993};
    const Tensor a = from_data<std::int64_t>({1}, large);
    CHECK((a == 9007199254740993).to_vector() == Values{1});
    CHECK((a == 9007199254740992).to_vector() == Values{0});
    CHECK((a == 9007199254740992.0).to_vector() == Values{0});
    CHECK((a > 9007199254740992.0).to_vector() == Values{1});
    CHECK((tensor({255.0}, DType::u8) < 256).to_vector() == Values{1});
    CHECK((tensor({0.0}, DType::u8) > -1).to_vector() == Values{1});
    CHECK((tensor({1.0}, DType::u8) == 1.5).to_vector() == Values{0});
}

TEST_CASE("equal tells whether two tensors have one shape and the same elements, whatever their types") {
    CHECK(equal(tensor({1.0, 2.0}), tensor({1.0, 2.0}, DType::f64)));
    CHECK(equal(arange(3), tensor({0.0, 1.0, 2.0})));
    CHECK_FALSE(equal(tensor({0.1}), tensor({0.1}, DType::f64)));
    CHECK_FALSE(equal(tensor({1.0, 2.0}), tensor({1.0, 3.0})));
    CHECK_FALSE(equal(tensor({1.0, 2.0}), tensor({{1.0, 2.0}})));
    CHECK_FALSE(equal(tensor({not_a_number}), tensor({not_a_number})));
    CHECK(equal(zeros({0, 2}), zeros({0, 2})));
    CHECK(equal(scalar(0.0), scalar(-0.0)));
    static_assert(!std::is_constructible_v<bool, Tensor>, "a tensor is no condition");
}

TEST_CASE("a comparison carries no graph") {
    const Tensor x = tensor({1.0, -1.0}).set_requires_grad();
    CHECK_FALSE((x > 0.0).requires_grad());
}

TEST_CASE("maximum and minimum choose, broadcast and keep NaN from either side") {
    const Tensor a = tensor({{1.0, 5.0, not_a_number}, {4.0, -infinity, 0.0}}, DType::f64), b = tensor({2.0, 3.0, 1.0}, DType::f64);
    check_close(maximum(a, b), tensor({{2.0, 5.0, not_a_number}, {4.0, 3.0, 1.0}}, DType::f64), 0, 1e-300);
    check_close(maximum(b, a), maximum(a, b), 0, 1e-300);
    check_close(minimum(a, b), tensor({{1.0, 3.0, not_a_number}, {2.0, -infinity, 0.0}}, DType::f64), 0, 1e-300);
    check_close(minimum(b, a), minimum(a, b), 0, 1e-300);
    CHECK(maximum(arange(3), tensor({1.0}, DType::u8)).dtype() == DType::i64);
    CHECK(maximum(arange(3), tensor({1.0}, DType::u8)).to_vector() == Values{1, 1, 2});
    CHECK_THROWS_WITH(minimum(zeros({2}), zeros({3})), Catch::StartsWith("[minimum] expected shapes that broadcast"));
}

TEST_CASE("the gradient of maximum and minimum goes to the chosen, half to each of equals") {
    for (const bool largest : {true, false}) {
        const Tensor a = tensor({1.0, 2.0, 3.0}, DType::f64).set_requires_grad(), b = tensor({2.0, 2.0, 2.0}, DType::f64).set_requires_grad();
        backward(sum(largest ? maximum(a, b) : minimum(a, b)));
        CHECK(a.grad().to_vector() == (largest ? Values{0, 0.5, 1} : Values{1, 0.5, 0}));
        CHECK(b.grad().to_vector() == (largest ? Values{1, 0.5, 0} : Values{0, 0.5, 1}));
    }
    Rng rng{1};
    const auto f = [](const std::vector<Tensor>& x) { return maximum(x[0] * x[0], x[1]) + minimum(x[0], x[1] * x[1]); };
    const auto result = gradcheck(f, {randn({2, 3}, rng, DType::f64), randn({3}, rng, DType::f64)}, {.order = 2});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("clamp limits, keeps NaN, and passes the gradient inside and at the limits") {
    const Tensor x = tensor({-2.0, -1.0, 0.5, 1.0, 3.0, not_a_number}, DType::f64).set_requires_grad();
    const Tensor y = clamp(x, -1.0, 1.0);
    check_close(y.detach(), tensor({-1.0, -1.0, 0.5, 1.0, 1.0, not_a_number}, DType::f64), 0, 1e-300);
    backward(sum(y));
    CHECK(x.grad().to_vector() == Values{0, 1, 1, 1, 0, 0});
    CHECK(clamp(tensor({5.0}), -infinity, infinity).item() == 5);
    CHECK_THROWS_WITH(clamp(x, 1.0, -1.0), "[clamp] expected limits in order, got 1 and -1");
    CHECK_THROWS_AS(clamp(x, not_a_number, 1.0), ValueError);
    CHECK_THROWS_WITH(clamp(arange(3), 0.0, 1.0), Catch::StartsWith("[clamp] expected f32 or f64, got i64"));
}

TEST_CASE("where chooses between tensors and numbers of any shape that broadcasts") {
    const Tensor condition = tensor({{1.0, 0.0, 7.0}, {0.0, 1.0, 0.0}}, DType::u8);
    const Tensor a = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}), row = tensor({10.0, 20.0, 30.0}), one = full({1, 1}, 9.0);
    CHECK(where(condition, a, row).to_vector() == Values{1, 20, 3, 10, 5, 30});
    CHECK(where(condition, row, a).to_vector() == Values{10, 2, 30, 4, 20, 6});
    CHECK(where(condition, a, one).to_vector() == Values{1, 9, 3, 9, 5, 9});
    CHECK(where(condition, one, a).to_vector() == Values{9, 2, 9, 4, 9, 6});
    CHECK(where(condition, one, scalar(0.0)).to_vector() == Values{9, 0, 9, 0, 9, 0});
    CHECK(where(condition, a, -1.0).to_vector() == Values{1, -1, 3, -1, 5, -1});
    CHECK(where(condition, -1.0, a).to_vector() == Values{-1, 2, -1, 4, -1, 6});
    CHECK(where(row > 15.0, a, 0.0).to_vector() == Values{0, 2, 3, 0, 5, 6});
    CHECK(where(scalar(1.0, DType::u8), a, row).to_vector() == a.to_vector());
    CHECK(where(zeros({0}, DType::u8), zeros({0}), 1.0).shape() == Shape{0});
}

TEST_CASE("where over more elements than one chunk is right at every element") {
    const Tensor index = arange(50'000, DType::f64);
    const Tensor chosen = where(index > 20'000.5, index, -index);
    for (std::int64_t i = 0; i < 50'000; ++i) REQUIRE(chosen.at<double>(i) == static_cast<double>(i > 20'000 ? i : -i));
}

TEST_CASE("where promotes its two values and insists on a u8 condition") {
    const Tensor condition = tensor({1.0, 0.0}, DType::u8);
    CHECK(where(condition, arange(2), tensor({0.5, 0.5}, DType::f64)).dtype() == DType::f64);
    CHECK(where(condition, arange(2), arange(2)).dtype() == DType::i64);
    CHECK(where(condition, tensor({1.0, 2.0}, DType::f64), 0.1).at<double>(1) == 0.1);
    CHECK(where(condition, arange(2), 7).dtype() == DType::i64);
    CHECK(where(condition, 7, arange(2)).to_vector() == Values{7, 1});
    CHECK(where(condition, arange(2), 7.0).dtype() == DType::f32);
    CHECK(where(condition, tensor({1.0, 2.0}), 7).dtype() == DType::f32);
    CHECK_THROWS_WITH(where(condition, tensor({1.0, 2.0}, DType::u8), -1), Catch::StartsWith("[where] expected an integer within the range"));
    CHECK_THROWS_WITH(where(tensor({1.0, 0.0}), arange(2), arange(2)), "[where] expected a condition of u8, got f32; compare it: condition != 0");
    CHECK_THROWS_WITH(where(condition, zeros({3}), zeros({3})), Catch::StartsWith("[where] expected shapes that broadcast"));
}

TEST_CASE("what where does not choose contributes no gradient, even if it is NaN") {
    const Tensor x = tensor({-1.0, 4.0}, DType::f64).set_requires_grad();
    const Tensor root = sqrt(x);  // NaN at -1, and so is its slope
    backward(sum(where(x > 0.0, x * 2.0, root)), {.retain_graph = true});
    CHECK(x.grad().at<double>(1) == 2);
    const Tensor y = tensor({1.0, 2.0}, DType::f64).set_requires_grad(), z = tensor({3.0, 4.0}, DType::f64).set_requires_grad();
    const Tensor upstream = tensor({not_a_number, 1.0}, DType::f64);
    backward(where(tensor({0.0, 1.0}, DType::u8), y, z), {.grad_output = upstream});
    CHECK(y.grad().to_vector() == Values{0, 1});
    CHECK(std::isnan(z.grad().at<double>(0)));
    CHECK(z.grad().at<double>(1) == 0);
}

TEST_CASE("where gives what it does not choose the gradient 0, and a choice before an op with an infinite slope keeps that out at every order") {
    for (const DType dtype : {DType::f32, DType::f64}) {
        const Tensor x = tensor({0.0, 4.0}, dtype).set_requires_grad();
        const Tensor roots = sqrt(x);
        const Tensor after = where(x > 0.0, roots, 0.0);
        CHECK(grad(sum(after), roots, {.retain_graph = true}).to_vector() == Values{0, 1});
        // The root's own gradient is 0 times infinity there, as the header says.
        CHECK(std::isnan(grad(sum(after), x).to_vector()[0]));
        const Tensor before = where(x > 0.0, sqrt(where(x > 0.0, x, 1.0)), 0.0);
        const Tensor first = grad(sum(before), x, {.create_graph = true});
        const Tensor second = grad(sum(first), x, {.create_graph = true});
        CHECK(first.to_vector() == Values{0, 0.25});
        CHECK(second.to_vector() == Values{0, -0.03125});
        CHECK(grad(sum(second), x).to_vector() == Values{0, 0.01171875});
    }
}

TEST_CASE("gradients of where hold to second order under broadcasting") {
    Rng rng{2};
    const Tensor condition = bernoulli({2, 3}, 0.5, rng, DType::u8);
    const auto f = [&](const std::vector<Tensor>& x) { return where(condition, x[0] * x[0], x[1] * x[1] * x[1]); };
    const auto result = gradcheck(f, {randn({3}, rng, DType::f64), randn({2, 1}, rng, DType::f64)}, {.order = 2});
    INFO(result.report());
    CHECK(result.ok());
}

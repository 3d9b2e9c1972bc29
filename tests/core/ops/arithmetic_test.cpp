#include "support/close.h"

#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>

#include <limits>

using namespace knoll;

namespace {

// The element of a that stands at a position of the broadcast shape.
double broadcast_at(const Tensor& a, const Shape& out, std::int64_t flat) {
    std::int64_t offset = 0, stride = 1;
    for (std::int64_t i = out.rank() - 1; i >= 0; --i) {
        const std::int64_t index = flat % out[i];
        flat /= out[i];
        const std::int64_t dim = i - (out.rank() - a.rank());
        if (dim < 0) continue;
        if (a.shape()[dim] != 1) offset += index * stride;
        stride *= a.shape()[dim];
    }
    return a.to_vector()[static_cast<std::size_t>(offset)];
}

template <class F>
Tensor naive(const Tensor& a, const Tensor& b, const Shape& out, F f) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < out.numel(); ++i) values.push_back(f(broadcast_at(a, out, i), broadcast_at(b, out, i)));
    return tensor(values, out, DType::f64);
}

struct Broadcast {
    Shape a, b, out;
};

const std::vector<Broadcast> broadcasts = {
    {{3}, {3}, {3}},
    {{}, {}, {}},
    {{}, {2, 3}, {2, 3}},
    {{2, 3}, {}, {2, 3}},
    {{2, 3}, {3}, {2, 3}},
    {{3}, {2, 3}, {2, 3}},
    {{2, 1}, {2, 3}, {2, 3}},
    {{2, 1}, {1, 3}, {2, 3}},
    {{1, 3}, {2, 1}, {2, 3}},
    {{4, 1, 3}, {2, 1}, {4, 2, 3}},
    {{2, 3, 5, 7}, {3, 1, 1}, {2, 3, 5, 7}},
    {{2, 1, 5, 1}, {1, 3, 1, 7}, {2, 3, 5, 7}},
    {{1, 1}, {1}, {1, 1}},
    {{0}, {1}, {0}},
    {{2, 0, 3}, {3}, {2, 0, 3}},
    {{1, 2, 1, 2, 1, 2, 1, 2, 1}, {2, 1, 2, 1, 2, 1, 2, 1, 2}, {2, 2, 2, 2, 2, 2, 2, 2, 2}},
};

}  // namespace

TEST_CASE("the four operations broadcast on either side") {
    Rng rng{1};
    for (const auto& [a_shape, b_shape, out] : broadcasts) {
        const Tensor a = randn(a_shape, rng, DType::f64), b = randn(b_shape, rng, DType::f64);
        INFO(to_string(a_shape) << " with " << to_string(b_shape));
        check_close(a + b, naive(a, b, out, [](double x, double y) { return x + y; }), 0, 1e-300);
        check_close(a - b, naive(a, b, out, [](double x, double y) { return x - y; }), 0, 1e-300);
        check_close(a * b, naive(a, b, out, [](double x, double y) { return x * y; }), 0, 1e-300);
        check_close(a / b, naive(a, b, out, [](double x, double y) { return x / y; }), 0, 1e-300);
    }
}

TEST_CASE("a broadcast over more elements than one chunk is right at every element") {
    const Tensor row = arange(1000, DType::f64), column = tensor(arange(70, DType::f64).to_vector(), {70, 1}, DType::f64);
    const Tensor sum = row + column;
    for (std::int64_t i = 0; i < 70; ++i)
        for (std::int64_t j = 0; j < 1000; ++j) REQUIRE(sum.at<double>(i, j) == static_cast<double>(i + j));
}

TEST_CASE("gradients of the four operations hold to second order under broadcasting") {
    Rng rng{2};
    using Operation = Tensor (*)(const Tensor&, const Tensor&);
    const std::vector<Operation> operations = {operator+, operator-, operator*, operator/ };
    for (const auto& [a_shape, b_shape, out] : std::vector<Broadcast>{{{3}, {3}, {3}}, {{2, 3}, {3}, {2, 3}}, {{}, {4}, {4}}, {{2, 1}, {1, 3}, {2, 3}}})
        for (const Operation operation : operations) {
            // Away from zero, where division has no derivative.
            const Tensor a = rand(a_shape, rng, DType::f64) + 0.5, b = rand(b_shape, rng, DType::f64) + 0.5;
            const auto result = gradcheck([&](const std::vector<Tensor>& x) { return operation(x[0], x[1]); }, {a, b}, {.order = 2});
            INFO(to_string(a_shape) << " with " << to_string(b_shape) << "\n" << result.report());
            CHECK(result.ok());
        }
}

TEST_CASE("operations with a plain number, on either side, and negation have their gradients") {
    Rng rng{3};
    const Tensor x = rand({2, 3}, rng, DType::f64) + 0.5;
    const auto f = [](const Tensor& a) { return (2.0 - a) * (3.0 / a) + (1.0 + a) * 0.5 - -a / 4.0 + (a - 1.0) + 2.0 * a; };
    const auto result = gradcheck(f, x, {.order = 3});
    INFO(result.report());
    CHECK(result.ok());
    check_close(f(tensor({2.0}, DType::f64)), tensor({0.0 + 1.5 + 0.5 + 1.0 + 4.0}, DType::f64), 1e-15, 0);
}

TEST_CASE("types promote u8 < i64 < f32 < f64, and division of integers gives f32") {
    const auto of = [](DType dtype) { return tensor({7.0, 2.0}, dtype); };
    const std::vector<DType> order = {DType::u8, DType::i64, DType::f32, DType::f64};
    for (std::size_t i = 0; i < order.size(); ++i)
        for (std::size_t j = 0; j < order.size(); ++j) {
            const Tensor sum = of(order[i]) + of(order[j]);
            CHECK(sum.dtype() == order[std::max(i, j)]);
            CHECK(sum.to_vector() == std::vector<double>{14, 4});
        }
    const Tensor quotient = tensor({7.0, 1.0}, DType::i64) / tensor({2.0, 0.0}, DType::u8);
    CHECK(quotient.dtype() == DType::f32);
    CHECK(quotient.at<float>(0) == 3.5F);
    CHECK(std::isinf(quotient.at<float>(1)));
}

TEST_CASE("an integer beside a tensor of integers keeps their type and all digits, a floating-point number makes f32 of them") {
    const std::vector<std::int64_t> large = {(std::int64_t{1} << 60) + 1, -3};
    const Tensor a = from_data<std::int64_t>({2}, large);
    CHECK((arange(2) + 5).dtype() == DType::i64);
    CHECK((arange(2) + 5).to_vector() == std::vector<double>{5, 6});
    CHECK((a + 1).at<std::int64_t>(0) == (std::int64_t{1} << 60) + 2);
    CHECK((a - std::int64_t{1}).at<std::int64_t>(0) == std::int64_t{1} << 60);
    CHECK((1 - a).at<std::int64_t>(0) == -(std::int64_t{1} << 60));
    CHECK((2 * a).at<std::int64_t>(0) == (std::int64_t{1} << 61) + 2);
    CHECK((a * 2U).at<std::int64_t>(1) == -6);
    CHECK((large[0] + arange(1)).at<std::int64_t>(0) == large[0]);
    CHECK((tensor({200.0, 3.0}, DType::u8) - 3).dtype() == DType::u8);
    CHECK((tensor({200.0, 3.0}, DType::u8) - 3).to_vector() == std::vector<double>{197, 0});
    CHECK((a + 1.0).dtype() == DType::f32);
    CHECK((a + 1.0F).dtype() == DType::f32);
    CHECK((a / 2).dtype() == DType::f32);
    CHECK((7 / tensor({2.0}, DType::u8)).item() == 3.5);
    CHECK((tensor({1.0}) + 1).dtype() == DType::f32);
    CHECK((tensor({1.0}, DType::f64) + 1).dtype() == DType::f64);
    CHECK((tensor({1.0}, DType::f64) * 9007199254740993).at<double>(0) == 9007199254740992.0);
}

TEST_CASE("an integer that a tensor's type cannot hold is refused by the operator") {
    const Tensor bytes = tensor({1.0, 2.0}, DType::u8);
    CHECK_THROWS_WITH(bytes + 256, "[+] expected an integer within the range of the tensor's type u8, got 256; convert the tensor with .to(DType::i64)");
    CHECK_THROWS_WITH(-1 * bytes, "[*] expected an integer within the range of the tensor's type u8, got -1; convert the tensor with .to(DType::i64)");
    CHECK_THROWS_AS(bytes - 300, ValueError);
    Tensor changed = bytes.clone();
    CHECK_THROWS_WITH(changed += -1, Catch::StartsWith("[+=] expected an integer within the range of the tensor's type u8, got -1"));
    CHECK((bytes + 256.0).to_vector() == std::vector<double>{257, 258});
    CHECK_THROWS_WITH(arange(2) + std::numeric_limits<std::uint64_t>::max(),
                      "[number] expected an integer within the range of i64, got 18446744073709551615; write it as a floating-point number");
}

TEST_CASE("a plain number takes a floating tensor's type and turns integers into f32") {
    CHECK((tensor({1.0}, DType::f64) * 0.1).at<double>(0) == 0.1);
    CHECK((tensor({1.0}, DType::f32) * 0.1).dtype() == DType::f32);
    const Tensor product = tensor({3.0}, DType::i64) * 0.5;
    CHECK(product.dtype() == DType::f32);
    CHECK(product.item() == 1.5);
}

TEST_CASE("arithmetic on integers is exact beyond what a double holds") {
    const std::vector<std::int64_t> large = {(std::int64_t{1} << 60) + 1};
    const Tensor a = from_data<std::int64_t>({1}, large);
    CHECK((a + a).at<std::int64_t>(0) == (std::int64_t{1} << 61) + 2);
    CHECK((-a).at<std::int64_t>(0) == -(std::int64_t{1} << 60) - 1);
}

TEST_CASE("shapes that do not broadcast are named with the op") {
    const Tensor a = zeros({2, 3}), b = zeros({2});
    CHECK_THROWS_AS(a + b, ShapeError);
    CHECK_THROWS_WITH(a * b, Catch::StartsWith("[multiply] expected shapes that broadcast") && Catch::EndsWith("got [2, 3] and [2]"));
    CHECK_THROWS_WITH(a + Tensor{}, Catch::Contains("expected a defined tensor"));
}

TEST_CASE("operators in place change the shared array and count it") {
    Tensor a = tensor({1.0, 2.0, 3.0});
    const Tensor alias = a;
    a += tensor({10.0, 20.0, 30.0});
    a -= 1.0;
    a *= 2.0;
    a /= tensor({4.0});
    CHECK(alias.to_vector() == std::vector<double>{5, 10.5, 16});
    CHECK(a.version() == 4);
    a += a;
    CHECK(alias.to_vector() == std::vector<double>{10, 21, 32});
}

TEST_CASE("an operand in place broadcasts and is converted, and the tensor's shape and type stay") {
    Tensor matrix = zeros({2, 3});
    matrix += tensor({1.0, 2.0, 3.0}, DType::f64);
    matrix *= scalar(2.0, DType::i64);
    CHECK(matrix.dtype() == DType::f32);
    CHECK(matrix.to_vector() == std::vector<double>{2, 4, 6, 2, 4, 6});
    Tensor row = zeros({3});
    CHECK_THROWS_WITH(row += matrix, Catch::StartsWith("[+=] expected an operand that broadcasts to [3], got [2, 3]"));
    CHECK(row.version() == 0);
}

TEST_CASE("in place on integers refuses what would be cut off") {
    Tensor counts = tensor({7.0, 2.0}, DType::i64);
    counts += 1;
    counts *= tensor({2.0, 3.0}, DType::u8);
    CHECK(counts.to_vector() == std::vector<double>{16, 9});
    for (const double number : {0.5, 1.0})
        CHECK_THROWS_WITH(counts += number, text("[+=] expected an integer for a tensor of i64, got the floating-point number ", number,
                                                 "; convert the tensor with .to(DType::f32)"));
    CHECK_THROWS_AS(counts *= 2.0, DTypeError);
    CHECK_THROWS_WITH(counts -= tensor({1.0, 1.0}),
                      "[-=] expected an operand of integers for a tensor of i64, got f32; convert the tensor with .to(DType::f32)");
    CHECK_THROWS_WITH(counts /= 2.0, "[/=] expected a tensor of f32 or f64, got i64; write x = x / y");
    CHECK_THROWS_AS(counts /= tensor({0.0, 1.0}, DType::i64), DTypeError);
    CHECK(counts.to_vector() == std::vector<double>{16, 9});
}

TEST_CASE("in place is refused on a graph, and allowed on a leaf without recording") {
    Tensor leaf = tensor({1.0, 2.0}).set_requires_grad();
    CHECK_THROWS_WITH(leaf += 1.0, Catch::StartsWith("[in-place] expected a tensor without a graph, or a leaf under NoGrad"));
    Tensor result = leaf * 2.0;
    const NoGrad no_grad;
    leaf += 1.0;
    CHECK(leaf.to_vector() == std::vector<double>{2, 3});
    CHECK_THROWS_AS(result += 1.0, AutogradError);
}

TEST_CASE("broadcast_to repeats, sum_to is its adjoint") {
    Rng rng{4};
    for (const auto& [from, to] : std::vector<std::pair<Shape, Shape>>{{{3}, {2, 3}}, {{2, 1}, {2, 3}}, {{}, {2, 2}}, {{1, 3, 1}, {2, 4, 3, 5}}, {{1}, {0}}}) {
        const Tensor x = randn(from, rng, DType::f64), y = randn(to, rng, DType::f64);
        check_close(broadcast_to(x, to), naive(x, y, to, [](double a, double) { return a; }), 0, 1e-300);
        check_close(sum(broadcast_to(x, to) * y), sum(x * sum_to(y, from)), 1e-12, 1e-14);
    }
    CHECK(broadcast_to(zeros({2, 1}, DType::u8), {2, 3}).dtype() == DType::u8);
    CHECK_THROWS_WITH(broadcast_to(zeros({2}), {3}), Catch::StartsWith("[broadcast_to] expected"));
    CHECK_THROWS_WITH(broadcast_to(zeros({2, 3}), {3}), "[broadcast_to] expected a shape that broadcasts to [3], got [2, 3]");
    CHECK_THROWS_WITH(sum_to(zeros({3}), {2, 3}), Catch::StartsWith("[sum_to] expected a shape that broadcasts to [3], got [2, 3]"));
}

TEST_CASE("broadcast_to and sum_to have gradients of every order") {
    Rng rng{5};
    const Tensor x = randn({2, 1}, rng, DType::f64), y = randn({2, 3}, rng, DType::f64);
    const auto spread = gradcheck([](const Tensor& a) { return broadcast_to(a * a, {4, 2, 3}); }, x, {.order = 2});
    INFO(spread.report());
    CHECK(spread.ok());
    const auto gathered = gradcheck([](const Tensor& a) { return sum_to(a * a, {1, 3}); }, y, {.order = 2});
    INFO(gathered.report());
    CHECK(gathered.ok());
}

TEST_CASE("a tensor used twice gets the sum of both gradients, reduced to its shape") {
    const Tensor a = tensor({2.0}, DType::f64).set_requires_grad();
    const Tensor b = tensor({1.0, 2.0, 3.0}, DType::f64);
    backward(sum(a * b + a));
    CHECK(a.grad().to_vector() == std::vector<double>{9});
    CHECK(a.grad().shape() == Shape{1});
}

TEST_CASE("an operand in place that requires gradients would lose them, and is refused while recording") {
    Tensor x = tensor({1.0, 2.0}, DType::f64);
    const Tensor w = tensor({3.0, 4.0}, DType::f64).set_requires_grad();
    const auto refused = [](const std::string& op) {
        return "[" + op +
               "] expected an operand without a graph, got one that requires gradients, which a change in place would lose; "
               "write x = x + y in place of x += y, x = y in place of copy_, or pass y.detach()";
    };
    CHECK_THROWS_WITH(x += w, refused("+="));
    CHECK_THROWS_WITH(x -= w, refused("-="));
    CHECK_THROWS_WITH(x *= w * 2.0, refused("*="));
    CHECK_THROWS_WITH(x /= w, refused("/="));
    CHECK(x.version() == 0);
    x += w.detach();
    const NoGrad no_grad;
    x *= w;
    CHECK(x.to_vector() == std::vector<double>{12, 24});
}

TEST_CASE("broadcast_to refuses a negative extent under its own name") {
    CHECK_THROWS_WITH(broadcast_to(ones({1, 3}), {-1, 3}), "[broadcast_to] expected extents of 0 or more, got [-1, 3]");
}

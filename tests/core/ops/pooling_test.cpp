#include "support/close.h"
#include "support/golden_ops.h"
#include "support/threads.h"

#include <knoll/core/autograd.h>
#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/pooling.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>
#include <limits>

using namespace knoll;

namespace {

struct PoolingCase {
    Shape x;
    Pool2dOptions options;
};

const std::vector<PoolingCase>& pooling_cases() {
    static const std::vector<PoolingCase> all{
        {{1, 1, 1, 1}, {.kernel = 1}},
        {{2, 3, 6, 8}, {.kernel = 2}},
        {{2, 3, 7, 5}, {.kernel = 2}},
        {{1, 2, 9, 70}, {.kernel = {2, 3}, .stride = Size2(1, 2), .padding = {1, 1}}},
        {{3, 1, 11, 10}, {.kernel = 3, .stride = Size2(3), .padding = 1}},
        {{1, 2, 6, 23}, {.kernel = 3, .stride = Size2(1), .padding = 1}},
        {{2, 1, 9, 9}, {.kernel = 2, .stride = Size2(4)}},
        {{1, 1, 3, 4}, {.kernel = {3, 4}}},
        {{7, 5, 40, 33}, {.kernel = 2, .stride = Size2(2, 3)}},
    };
    return all;
}

// Calls visit(output index, pixel indices of its window) for every window.
template <class Visit>
void for_each_window(const PoolingCase& c, const Shape& out, const Visit& visit) {
    const auto& [kernel, given, padding, unused] = c.options;
    const Size2 stride = given.value_or(kernel);
    std::size_t index = 0;
    for (std::int64_t plane = 0; plane < out[0] * out[1]; ++plane)
        for (std::int64_t y = 0; y < out[2]; ++y)
            for (std::int64_t x = 0; x < out[3]; ++x) {
                std::vector<std::size_t> pixels;
                for (std::int64_t row = y * stride.height - padding.height; row < y * stride.height - padding.height + kernel.height; ++row)
                    for (std::int64_t column = x * stride.width - padding.width; column < x * stride.width - padding.width + kernel.width; ++column)
                        if (row >= 0 && row < c.x[2] && column >= 0 && column < c.x[3])
                            pixels.push_back(static_cast<std::size_t>((plane * c.x[2] + row) * c.x[3] + column));
                visit(index++, pixels);
            }
}

// Few different values, so that there are ties.
Tensor coarse(const Shape& shape, DType dtype) {
    Rng rng{21};
    std::vector<double> values(static_cast<std::size_t>(shape.numel()));
    for (double& value : values) value = static_cast<double>(rng.below(7)) - 3.0;
    return tensor(values, shape, dtype);
}

Pool2dOptions options_of(const nlohmann::json& o) {
    return {.kernel = golden_size(o.at("kernel")), .stride = golden_size(o.at("stride")), .padding = golden_size(o.at("padding"))};
}

}  // namespace

TEST_CASE("max pooling takes the first of the largest pixels and gives the gradient to it") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    for (const PoolingCase& c : pooling_cases()) {
        const Tensor x = coarse(c.x, dtype).set_requires_grad();
        const Tensor out = max_pool2d(x, c.options);
        Rng rng{22};
        const Tensor upstream = randn(out.shape(), rng, dtype);
        backward(out, {.grad_output = upstream});
        const auto pixels = x.to_vector(), g = upstream.to_vector();
        std::vector<double> values(g.size()), gradient(pixels.size());
        for_each_window(c, out.shape(), [&](std::size_t index, const std::vector<std::size_t>& window) {
            std::size_t best = window[0];
            for (const std::size_t pixel : window)
                if (pixels[pixel] > pixels[best]) best = pixel;
            values[index] = pixels[best];
            gradient[best] += g[index];
        });
        INFO(to_string(c.x));
        check_close(out, tensor(values, out.shape(), dtype), 0, 0);
        check_close(x.grad(), tensor(gradient, c.x, dtype), 1e-6, 1e-6);
    }
}

TEST_CASE("average pooling divides by the kernel or by the pixels there are") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const bool count_padding = GENERATE(false, true);
    for (PoolingCase c : pooling_cases()) {
        c.options.count_padding = count_padding;
        const Tensor x = coarse(c.x, dtype).set_requires_grad();
        const Tensor out = avg_pool2d(x, c.options);
        Rng rng{23};
        const Tensor upstream = randn(out.shape(), rng, dtype);
        backward(out, {.grad_output = upstream});
        const auto pixels = x.to_vector(), g = upstream.to_vector();
        std::vector<double> values(g.size()), gradient(pixels.size());
        for_each_window(c, out.shape(), [&](std::size_t index, const std::vector<std::size_t>& window) {
            const double divisor = count_padding ? static_cast<double>(c.options.kernel.height * c.options.kernel.width) : static_cast<double>(window.size());
            for (const std::size_t pixel : window) {
                values[index] += pixels[pixel] / divisor;
                gradient[pixel] += g[index] / divisor;
            }
        });
        INFO(to_string(c.x));
        check_close(out, tensor(values, out.shape(), dtype), 1e-5, 1e-6);
        check_close(x.grad(), tensor(gradient, c.x, dtype), 1e-5, 1e-6);
    }
}

TEST_CASE("pooling agrees with PyTorch") {
    for (const GoldenOp& golden : golden_ops("max_pool2d"))
        check_golden(golden, [&](const std::vector<Tensor>& in) { return max_pool2d(in[0], options_of(golden.options)); });
    for (const GoldenOp& golden : golden_ops("avg_pool2d")) {
        Pool2dOptions options = options_of(golden.options);
        options.count_padding = golden.options.at("count_include_pad").get<bool>();
        check_golden(golden, [&](const std::vector<Tensor>& in) { return avg_pool2d(in[0], options); });
    }
    for (const GoldenOp& golden : golden_ops("adaptive_avg_pool2d"))
        check_golden(golden, [&](const std::vector<Tensor>& in) { return adaptive_avg_pool2d(in[0], golden_size(golden.options.at("output_size"))); });
}

TEST_CASE("max pooling is differentiable to second order away from ties") {
    // A permutation of distinct values, far apart compared with the step of the differences.
    Rng rng{24};
    const Tensor x = reshape(permutation(60, rng), {1, 2, 6, 5}).to(DType::f64) * 0.1;
    const Pool2dOptions options = GENERATE(Pool2dOptions{.kernel = 2}, Pool2dOptions{.kernel = 3, .stride = Size2(2), .padding = 1});
    const auto result = gradcheck([&](const Tensor& in) { return max_pool2d(in * in, options); }, x, {.order = 2});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("average pooling is differentiable to third order") {
    Rng rng{25};
    const Tensor x = randn({1, 2, 5, 4}, rng, DType::f64);
    const auto regular = gradcheck(
        [](const Tensor& in) { return avg_pool2d(in * in * in, {.kernel = 3, .stride = Size2(2), .padding = 1, .count_padding = false}); }, x, {.order = 3});
    INFO(regular.report());
    CHECK(regular.ok());
    const auto adaptive = gradcheck([](const Tensor& in) { return adaptive_avg_pool2d(in * in * in, {3, 2}); }, x, {.order = 3});
    INFO(adaptive.report());
    CHECK(adaptive.ok());
}

TEST_CASE("the first NaN of a window wins, and a window of -inf has its first pixel") {
    const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const std::vector<double> values{1, nan, -inf, -inf, nan, inf, -inf, -inf};
    const Tensor x = tensor(values, {1, 1, 2, 4}, dtype).set_requires_grad();
    const Tensor out = max_pool2d(x, {.kernel = 2});
    CHECK(std::isnan(out.to_vector()[0]));
    CHECK(out.to_vector()[1] == -inf);
    backward(sum(out));
    CHECK(x.grad().to_vector() == std::vector<double>{0, 1, 1, 0, 0, 0, 0, 0});
    // The same where the first window begins in the padding.
    const Tensor padded = full({1, 1, 3, 3}, -inf, dtype).set_requires_grad();
    backward(sum(max_pool2d(padded, {.kernel = 3, .padding = 1})));
    CHECK(padded.grad().to_vector() == std::vector<double>{1, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("pooling of no images is empty") {
    CHECK(max_pool2d(zeros({0, 2, 4, 4}), {}).shape() == Shape{0, 2, 2, 2});
    CHECK(avg_pool2d(zeros({2, 0, 4, 4}), {}).shape() == Shape{2, 0, 2, 2});
    CHECK(adaptive_avg_pool2d(zeros({0, 2, 4, 4}), 1).shape() == Shape{0, 2, 1, 1});
}

TEST_CASE("adaptive pooling to more positions than pixels repeats pixels") {
    CHECK(adaptive_avg_pool2d(reshape(tensor({1, 3}), {1, 1, 1, 2}), {1, 4}).to_vector() == std::vector<double>{1, 1, 3, 3});
}

TEST_CASE("pooling has the same bits at any number of threads") {
    Rng rng{26};
    const Tensor x = randn({13, 7, 21, 19}, rng).set_requires_grad();
    check_same_bits([&] {
        const Tensor largest = max_pool2d(x, {.kernel = 3, .stride = Size2(2)}), mean = avg_pool2d(x, {.kernel = 3, .stride = Size2(2)});
        return std::vector{largest, mean, grad(sum(largest * largest), x), grad(sum(mean * mean), x)};
    });
}

TEST_CASE("pooling says what does not fit") {
    using Catch::Contains;
    const Tensor x = zeros({2, 3, 4, 5});
    CHECK_THROWS_WITH(max_pool2d(zeros({3, 4, 5}), {}), Contains("[max_pool2d] expected x of shape [N, C, H, W], got [3, 4, 5]; add a batch dimension"));
    CHECK_THROWS_WITH(max_pool2d(x, {.kernel = 0}), Contains("[max_pool2d] expected a kernel of at least 1 x 1, got (0, 0)"));
    CHECK_THROWS_WITH(avg_pool2d(x, {.kernel = 2, .stride = Size2(0, 1)}), Contains("[avg_pool2d] expected a stride of at least 1, got (0, 1)"));
    CHECK_THROWS_WITH(max_pool2d(x, {.kernel = 3, .padding = 2}),
                      Contains("[max_pool2d] expected a padding of at least 0 and at most half the kernel (3, 3), got (2, 2)"));
    CHECK_THROWS_WITH(max_pool2d(x, {.kernel = 5}),
                      Contains("[max_pool2d] expected x [N, C, H, W] of at least 5 x 5 pixels with its padding, got 4 x 5 from x [2, 3, 4, 5]"));
    CHECK_THROWS_WITH(adaptive_avg_pool2d(x, {0, 1}), Contains("[adaptive_avg_pool2d] expected a result of at least 1 x 1, got (0, 1)"));
    CHECK_THROWS_WITH(max_pool2d(x.to(DType::i64), {}), Contains("[max_pool2d] expected f32 or f64, got i64"));
}

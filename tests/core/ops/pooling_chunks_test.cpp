// Pooling of more planes than one chunk holds, of images that are not square, with windows that overlap, leave gaps or reach into the
// padding, against plain loops: values, and gradients of first and second order.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <knoll/core/ops/pooling.h>
#include <catch2/catch.hpp>

#include <functional>

using namespace knoll;

namespace {

struct ChunkedPooling {
    Shape x;
    Pool2dOptions options;
};

// A chunk has 16384 pixels; windows are taken eight at a time, those of 2x2 side by side in a way of their own.
const std::vector<ChunkedPooling>& chunked_poolings() {
    static const std::vector<ChunkedPooling> all{{{13, 5, 23, 17}, {.kernel = 2}},
                                                 {{3, 41, 23, 17}, {.kernel = {3, 2}, .stride = Size2{2, 1}, .padding = {1, 1}}},
                                                 {{2, 3, 130, 131}, {.kernel = {5, 3}, .stride = Size2{3, 2}, .padding = {2, 1}}},
                                                 {{1, 4, 128, 128}, {.kernel = 3, .stride = Size2{2}, .padding = 1}},
                                                 {{5, 9, 31, 45}, {.kernel = 2}},
                                                 {{5, 9, 18, 32}, {.kernel = 2}},
                                                 {{5, 9, 18, 34}, {.kernel = 2}},
                                                 {{70, 7, 4, 14}, {.kernel = 2}},
                                                 {{5, 9, 18, 48}, {.kernel = 2, .stride = Size2{1, 2}}},
                                                 {{5, 9, 18, 49}, {.kernel = 2, .stride = Size2{2}, .padding = {0, 1}}},
                                                 {{65, 3, 11, 9}, {.kernel = {2, 3}, .stride = Size2{4, 5}}},
                                                 {{200, 3, 7, 5}, {.kernel = {7, 5}}},
                                                 {{11, 2, 13, 40}, {.kernel = {1, 4}, .stride = Size2{1}, .padding = {0, 2}}}};
    return all;
}

// Calls visit(output, row range, column range of the window inside the image, rows and columns of the whole window).
using VisitWindow = std::function<void(std::size_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t)>;
void for_each_window(const ChunkedPooling& c, const Shape& out, const VisitWindow& visit) {
    const Size2 stride = c.options.stride.value_or(c.options.kernel), kernel = c.options.kernel, padding = c.options.padding;
    for (std::int64_t at = 0; at < out.numel(); ++at) {
        const std::int64_t top = at / out[3] % out[2] * stride.height - padding.height, left = at % out[3] * stride.width - padding.width;
        visit(static_cast<std::size_t>(at), std::max<std::int64_t>(top, 0), std::min(top + kernel.height, c.x[2]), std::max<std::int64_t>(left, 0),
              std::min(left + kernel.width, c.x[3]));
    }
}

std::size_t pixel_of(const ChunkedPooling& c, const Shape& out, std::size_t at, std::int64_t row, std::int64_t column) {
    const std::int64_t plane = static_cast<std::int64_t>(at) / (out[2] * out[3]);
    return static_cast<std::size_t>((plane * c.x[2] + row) * c.x[3] + column);
}

}  // namespace

TEST_CASE("max pooling of several chunks and of any windows is that of plain loops, ties included, to second order", "[chunks]") {
    for (const ChunkedPooling& c : chunked_poolings())
        for (const DType dtype : {DType::f32, DType::f64})
            for (const double steps : {0x1p20, 3.0}) {
                CAPTURE(c.x, c.options.kernel.height, c.options.kernel.width, to_string(dtype), steps);
                const Tensor x = drawn(c.x, dtype, 1, steps).set_requires_grad();
                const Tensor out = max_pool2d(x, c.options), upstream = drawn(out.shape(), dtype, 2).set_requires_grad();
                const Doubles pixels = x.to_vector(), g = upstream.to_vector(), v = drawn(c.x, dtype, 3).to_vector();
                Doubles expected(g.size()), gradient(pixels.size()), picked(g.size());
                for_each_window(c, out.shape(), [&](std::size_t at, std::int64_t top, std::int64_t bottom, std::int64_t left, std::int64_t right) {
                    std::size_t best = pixel_of(c, out.shape(), at, top, left);
                    for (std::int64_t row = top; row < bottom; ++row)
                        for (std::int64_t column = left; column < right; ++column) {
                            const std::size_t pixel = pixel_of(c, out.shape(), at, row, column);
                            if (pixels[pixel] > pixels[best]) best = pixel;
                        }
                    expected[at] = pixels[best];
                    picked[at] = v[best];
                    gradient[best] += g[at];
                });
                CHECK(out.to_vector() == expected);
                const Tensor back = grad(out, x, {.grad_outputs = {upstream}, .create_graph = true});
                check_near("gradient", back, gradient, dtype == DType::f32 ? 1e-6 : 1e-13);
                CHECK(grad(back, upstream, {.grad_outputs = {tensor(v, c.x, dtype)}}).to_vector() == picked);
            }
}

TEST_CASE("average pooling of several chunks and of any windows is that of plain loops, to second order", "[chunks]") {
    for (ChunkedPooling c : chunked_poolings())
        for (const DType dtype : {DType::f32, DType::f64})
            for (const bool count_padding : {true, false}) {
                CAPTURE(c.x, c.options.kernel.height, c.options.kernel.width, to_string(dtype), count_padding);
                c.options.count_padding = count_padding;
                const Tensor x = drawn(c.x, dtype, 4).set_requires_grad();
                const Tensor out = avg_pool2d(x, c.options), upstream = drawn(out.shape(), dtype, 5).set_requires_grad();
                const Doubles pixels = x.to_vector(), g = upstream.to_vector();
                Doubles expected(g.size()), gradient(pixels.size());
                const double all = static_cast<double>(c.options.kernel.height * c.options.kernel.width);
                for_each_window(c, out.shape(), [&](std::size_t at, std::int64_t top, std::int64_t bottom, std::int64_t left, std::int64_t right) {
                    const double divisor = count_padding ? all : static_cast<double>((bottom - top) * (right - left));
                    for (std::int64_t row = top; row < bottom; ++row)
                        for (std::int64_t column = left; column < right; ++column) {
                            const std::size_t pixel = pixel_of(c, out.shape(), at, row, column);
                            expected[at] += pixels[pixel] / divisor;
                            gradient[pixel] += g[at] / divisor;
                        }
                });
                const double rounding = dtype == DType::f32 ? 2e-6 : 1e-13;
                check_near("values", out, expected, rounding);
                const Tensor back = grad(out, x, {.grad_outputs = {upstream}, .create_graph = true});
                check_near("gradient", back, gradient, rounding);
                check_near("gradient of the gradient", grad(back, upstream, {.grad_outputs = {x.detach()}}), expected, rounding);
            }
}

TEST_CASE("adaptive average pooling of several chunks is that of plain loops, with its gradient", "[chunks]") {
    struct Adaptive {
        Shape x;
        Size2 size;
    };
    for (const auto& [shape, size] : {Adaptive{{13, 5, 23, 17}, {4, 7}}, Adaptive{{2, 3, 130, 131}, {1, 1}}, Adaptive{{3, 41, 9, 5}, {9, 5}},
                                      Adaptive{{30, 41, 7, 5}, {3, 8}}, Adaptive{{1, 600, 7, 11}, {1, 2}}})
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(shape, size.height, size.width, to_string(dtype));
            const Tensor x = drawn(shape, dtype, 6).set_requires_grad();
            const Tensor out = adaptive_avg_pool2d(x, size), upstream = drawn(out.shape(), dtype, 7);
            REQUIRE(out.shape() == Shape{shape[0], shape[1], size.height, size.width});
            const Doubles pixels = x.to_vector(), g = upstream.to_vector();
            Doubles expected(g.size()), gradient(pixels.size());
            for (std::int64_t at = 0; at < out.numel(); ++at) {
                const std::int64_t y = at / size.width % size.height, k = at % size.width, plane = at / (size.height * size.width);
                // Pixels that share a part of their length with the output's share of the image.
                const auto shares = [](std::int64_t pixel, std::int64_t in, std::int64_t output, std::int64_t outputs) {
                    return (pixel + 1) * outputs > output * in && pixel * outputs < (output + 1) * in;
                };
                std::vector<std::size_t> window;
                for (std::int64_t row = 0; row < shape[2]; ++row)
                    for (std::int64_t column = 0; column < shape[3]; ++column)
                        if (shares(row, shape[2], y, size.height) && shares(column, shape[3], k, size.width))
                            window.push_back(static_cast<std::size_t>((plane * shape[2] + row) * shape[3] + column));
                for (const std::size_t pixel : window) {
                    expected[static_cast<std::size_t>(at)] += pixels[pixel] / static_cast<double>(window.size());
                    gradient[pixel] += g[static_cast<std::size_t>(at)] / static_cast<double>(window.size());
                }
            }
            const double rounding = dtype == DType::f32 ? 1e-5 : 1e-13;
            check_near("values", out, expected, rounding);
            check_near("gradient", grad(out, x, {.grad_outputs = {upstream}}), gradient, rounding);
        }
}

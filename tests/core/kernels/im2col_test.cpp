#include <knoll/core/kernels/im2col.h>
#include <knoll/core/rng.h>
#include <catch2/catch.hpp>
#include <numeric>
#include <vector>

using namespace knoll;
using kernels::ConvolutionGeometry;
using kernels::OutputRows;

namespace {

constexpr std::int64_t channels = 2;

ConvolutionGeometry geometry_of(Size2 in, Size2 kernel, Size2 stride, Size2 padding, Size2 dilation) {
    const auto extent = [](std::int64_t i, std::int64_t k, std::int64_t s, std::int64_t p, std::int64_t d) { return (i + 2 * p - d * (k - 1) - 1) / s + 1; };
    return {.images = 1,
            .in_channels = channels,
            .in = in,
            .out = {extent(in.height, kernel.height, stride.height, padding.height, dilation.height),
                    extent(in.width, kernel.width, stride.width, padding.width, dilation.width)},
            .kernel = kernel,
            .stride = stride,
            .padding = padding,
            .dilation = dilation};
}

// Runs of every length up to beyond two blocks, clipped at either side, with and without gaps.
std::vector<ConvolutionGeometry> geometries() {
    std::vector<ConvolutionGeometry> all;
    for (std::int64_t width = 1; width <= 19; ++width) {
        all.push_back(geometry_of({3, width}, 1, 1, 0, 1));
        all.push_back(geometry_of({4, width}, 3, 1, 1, 1));
        all.push_back(geometry_of({5, width}, {3, 2}, {2, 3}, {1, 2}, {2, 1}));
        all.push_back(geometry_of({2, width}, {1, 3}, 1, {0, 5}, {1, 4}));
    }
    return all;
}

template <class T>
std::vector<T> draw(std::int64_t count, std::uint64_t seed) {
    Rng rng{seed};
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& value : values) value = static_cast<T>(rng.normal());
    return values;
}

}  // namespace

TEMPLATE_TEST_CASE("each column holds what its output position reads, and 0 for padding", "", float, double) {
    for (const ConvolutionGeometry& g : geometries()) {
        const auto planes = draw<TestType>(channels * g.pixels(), 1);
        const OutputRows rows{g.out.height / 2, g.out.height};
        std::vector<TestType> columns(static_cast<std::size_t>(g.fan_in() * rows.count() * g.out.width), TestType(99)), expected;
        kernels::im2col(g, planes.data(), channels, rows, columns.data());
        for (std::int64_t c = 0; c < channels; ++c)
            for (std::int64_t i = 0; i < g.kernel.height; ++i)
                for (std::int64_t j = 0; j < g.kernel.width; ++j)
                    for (std::int64_t y = rows.begin; y < rows.end; ++y)
                        for (std::int64_t x = 0; x < g.out.width; ++x) {
                            const std::int64_t row = y * g.stride.height + i * g.dilation.height - g.padding.height;
                            const std::int64_t column = x * g.stride.width + j * g.dilation.width - g.padding.width;
                            const bool inside = row >= 0 && row < g.in.height && column >= 0 && column < g.in.width;
                            expected.push_back(inside ? planes[static_cast<std::size_t>((c * g.in.height + row) * g.in.width + column)] : TestType(0));
                        }
        INFO("width " << g.in.width << " kernel " << g.kernel.width << " stride " << g.stride.width);
        REQUIRE(columns == expected);
    }
}

TEST_CASE("col2im is the adjoint of im2col, and adds to what is there") {
    for (const ConvolutionGeometry& g : geometries()) {
        const auto planes = draw<double>(channels * g.pixels(), 2), columns = draw<double>(g.fan_in() * g.positions(), 3);
        std::vector<double> forward(columns.size()), back = planes;
        const OutputRows rows{0, g.out.height};
        kernels::im2col(g, planes.data(), channels, rows, forward.data());
        kernels::col2im(g, columns.data(), channels, rows, back.data());
        const auto dot = [](const std::vector<double>& a, const std::vector<double>& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); };
        INFO("width " << g.in.width << " kernel " << g.kernel.width << " stride " << g.stride.width);
        REQUIRE(dot(forward, columns) == Approx(dot(planes, back) - dot(planes, planes)).margin(1e-9));
    }
}

#include "core/kernels/waves.h"

#include <knoll/core/kernels/pixel_correlation.h>
#include <knoll/core/kernels/simd.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace knoll;
using kernels::Axis;
namespace pixels = kernels::pixels;

namespace {

constexpr std::int64_t lanes = kernels::vector_lanes<float>;

struct PixelCase {
    std::int64_t images, channels, filters, height, width, kernel, padding;
    bool flipped;  // the taps run backwards, as in an adjoint

    Axis axis(std::int64_t extent) const {
        const std::int64_t out = extent + 2 * padding - kernel + 1;
        return flipped ? kernels::adjoint_axis(out, extent, kernel, 1, kernel - 1 - padding, 1, 0)
                       : kernels::convolution_axis(extent, out, kernel, 1, padding, 1);
    }
};

// Calls visit(source index, tap index [channel, i, j], filter, out index) for every product that is not with padding.
template <class Visit>
void for_each_product(const PixelCase& c, const Axis& rows, const Axis& columns, const Visit& visit) {
    for (std::int64_t n = 0; n < c.images; ++n)
        for (std::int64_t filter = 0; filter < c.filters; ++filter)
            for (std::int64_t y = 0; y < rows.count; ++y)
                for (std::int64_t x = 0; x < columns.count; ++x)
                    for (std::int64_t channel = 0; channel < c.channels; ++channel)
                        for (std::int64_t i = 0; i < rows.taps; ++i)
                            for (std::int64_t j = 0; j < columns.taps; ++j) {
                                const std::int64_t row = y + rows.offset + i * rows.offset_step, column = x + columns.offset + j * columns.offset_step;
                                if (row < 0 || row >= c.height || column < 0 || column >= c.width) continue;
                                visit(static_cast<std::size_t>(((n * c.channels + channel) * c.height + row) * c.width + column),
                                      (channel * rows.taps + i) * columns.taps + j, filter,
                                      static_cast<std::size_t>(((n * c.filters + filter) * rows.count + y) * columns.count + x));
                            }
}

std::size_t weight_index(std::int64_t tap, std::int64_t filter) { return static_cast<std::size_t>(tap * lanes + filter); }

const std::vector<PixelCase>& pixel_cases() {
    static const std::vector<PixelCase> all{
        {2, 1, 6, 28, 28, 5, 2, false}, {3, 1, 1, 12, 13, 3, 1, false},  {1, 3, 5, 9, 40, 1, 0, false}, {2, 16, 6, 10, 10, 5, 4, true},
        {1, 2, 4, 17, 16, 7, 3, false}, {2, 4, 6, 14, 31, 3, 2, true},   {1, 1, 2, 5, 14, 5, 4, false}, {1, 64, 6, 60, 70, 3, 1, false},
        {0, 2, 3, 8, 16, 3, 1, false},  {2, 1, 3, 20, 300, 3, 0, false},
    };
    return all;
}

}  // namespace

TEST_CASE("correlations of few filters agree with nested loops") {
    for (const PixelCase& c : pixel_cases()) {
        CAPTURE(c.images, c.channels, c.filters, c.height, c.width, c.kernel, c.padding, c.flipped);
        const Axis rows = c.axis(c.height), columns = c.axis(c.width);
        REQUIRE(pixels::pays(rows, columns, c.filters));
        const std::int64_t results = c.images * c.filters * rows.count * columns.count;
        const auto source = waves<float>(c.images * c.channels * c.height * c.width, 0.3),
                   weight = waves<float>(c.channels * rows.taps * columns.taps * lanes, 0.9);
        const auto start = waves<float>(lanes, 2.1);
        constexpr float guard = -77;
        std::vector<float> out(static_cast<std::size_t>(results) + 20, guard);
        pixels::correlate(rows, columns, c.images, c.channels, c.filters, source.data(), weight.data(), start.data(), out.data());

        std::vector<double> expected(static_cast<std::size_t>(results));
        const auto plane = static_cast<std::size_t>(rows.count * columns.count);
        for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<double>(start[i / plane % static_cast<std::size_t>(c.filters)]);
        for_each_product(c, rows, columns, [&](std::size_t from, std::int64_t tap, std::int64_t filter, std::size_t to) {
            expected[to] += static_cast<double>(source[from]) * static_cast<double>(weight[weight_index(tap, filter)]);
        });
        double worst = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) worst = std::max(worst, std::abs(expected[i] - static_cast<double>(out[i])));
        CHECK(worst < 1e-4);
        for (std::size_t i = expected.size(); i < out.size(); ++i) CHECK(out[i] == guard);
    }
}

TEST_CASE("weight gradients of few filters agree with nested loops, and add to what is there") {
    for (const PixelCase& c : pixel_cases()) {
        CAPTURE(c.images, c.channels, c.filters, c.height, c.width, c.kernel, c.padding, c.flipped);
        const Axis rows = c.axis(c.height), columns = c.axis(c.width);
        const std::int64_t taps = c.channels * rows.taps * columns.taps;
        const auto source = waves<float>(c.images * c.channels * c.height * c.width, 0.3),
                   upstream = waves<float>(c.images * c.filters * rows.count * columns.count, 1.7);
        std::vector<float> sums(static_cast<std::size_t>((taps + 1) * lanes), 0.5F);
        pixels::add_weight_gradients(rows, columns, 0, c.images, c.channels, c.filters, source.data(), upstream.data(), sums.data());

        std::vector<double> expected(static_cast<std::size_t>(taps * lanes), 0.5);
        for_each_product(c, rows, columns, [&](std::size_t from, std::int64_t tap, std::int64_t filter, std::size_t to) {
            expected[weight_index(tap, filter)] += static_cast<double>(source[from]) * static_cast<double>(upstream[to]);
        });
        double worst = 0;
        for (std::int64_t tap = 0; tap < taps; ++tap)
            for (std::int64_t filter = 0; filter < c.filters; ++filter)
                worst = std::max(worst, std::abs(expected[weight_index(tap, filter)] - static_cast<double>(sums[weight_index(tap, filter)])));
        CHECK(worst < 2e-3);
    }
}

TEST_CASE("few filters do not pay off with strides, many filters or short rows") {
    const Axis wide = kernels::convolution_axis(28, 28, 5, 1, 2, 1), strided = kernels::convolution_axis(28, 14, 5, 2, 2, 1);
    CHECK(pixels::pays(wide, wide, 6));
    CHECK_FALSE(pixels::pays(wide, wide, 7));
    CHECK_FALSE(pixels::pays(wide, strided, 6));
    CHECK_FALSE(pixels::pays(strided, wide, 6));
    CHECK_FALSE(pixels::pays(wide, kernels::convolution_axis(8, 8, 3, 1, 1, 1), 6));
}

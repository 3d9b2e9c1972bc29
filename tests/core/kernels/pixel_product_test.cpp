#include <knoll/core/kernels/pixel_product.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace knoll;
using kernels::most_pixel_filters;

namespace {

constexpr std::int64_t at_once = kernels::pixels_at_once<float>;
constexpr std::int64_t weight_width = kernels::vector_lanes<float>;

std::vector<float> waves(std::int64_t count, double phase) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(std::sin(1.3 * static_cast<double>(i) + phase));
    return values;
}

template <int filters_at_once>
void check_product(std::int64_t positions, std::int64_t depth, bool baseline) {
    CAPTURE(positions, depth, baseline, filters_at_once);
    constexpr float guard = -77;
    const std::int64_t whole = (positions + at_once - 1) / at_once * at_once, apart = whole + 5;
    // Offsets in no particular order; the source ends where the last vector does.
    std::vector<std::int32_t> offsets(static_cast<std::size_t>(depth));
    for (std::int64_t k = 0; k < depth; ++k) offsets[static_cast<std::size_t>(k)] = static_cast<std::int32_t>((k * 17) % (2 * depth + 1));
    const std::int64_t farthest = depth == 0 ? 0 : *std::max_element(offsets.begin(), offsets.end());
    const auto source = waves(farthest + whole, 0.3), weight = waves(depth * weight_width, 0.9), start = waves(most_pixel_filters, 2.1);
    std::vector<float> sums(static_cast<std::size_t>(most_pixel_filters * apart) + 20, guard);
    const auto body = [=, from = source.data(), at = offsets.data(), factor = weight.data(), begin = start.data(), into = sums.data()] {
        kernels::pixel_products<filters_at_once>(from, at, depth, factor, begin, positions, into, apart);
    };
    if (baseline)
        kernels::run_baseline(body);
    else
        kernels::run_vectorized(body);
    double worst = 0;
    std::int64_t spoilt = 0;
    for (std::int64_t i = 0; i < most_pixel_filters; ++i)
        for (std::int64_t p = 0; p < apart; ++p) {
            const double actual = static_cast<double>(sums[static_cast<std::size_t>(i * apart + p)]);
            if (p >= whole) {
                spoilt += actual == guard ? 0 : 1;
                continue;
            }
            double expected = static_cast<double>(start[static_cast<std::size_t>(i)]);
            for (std::int64_t k = 0; k < depth; ++k)
                expected += static_cast<double>(weight[static_cast<std::size_t>(k * weight_width + i)]) *
                            static_cast<double>(source[static_cast<std::size_t>(offsets[static_cast<std::size_t>(k)] + p)]);
            worst = std::max(worst, std::abs(actual - expected));
        }
    CHECK(worst < 2e-6 * static_cast<double>(depth + 1));
    CHECK(spoilt == 0);
    CHECK(std::all_of(sums.end() - 20, sums.end(), [](float value) { return value == guard; }));
}

}  // namespace

TEST_CASE("pixel products agree with nested loops for any number of positions and any depth") {
    const bool baseline = GENERATE(false, true);
    for (const std::int64_t positions : {1, 7, 15, 16, 17, 32, 75})
        for (const std::int64_t depth : {0, 1, 2, 27, 50}) {
            check_product<6>(positions, depth, baseline);
            check_product<2>(positions, depth, baseline);
        }
}

TEST_CASE("pixel products of no positions touch nothing") {
    float untouched = 7;
    kernels::run_vectorized([into = &untouched] { kernels::pixel_products<6>(into, nullptr, 0, into, into, 0, into, 0); });
    CHECK(untouched == 7);
}

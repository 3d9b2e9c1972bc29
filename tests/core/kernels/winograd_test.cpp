#include <knoll/core/kernels/panel.h>
#include <knoll/core/kernels/winograd.h>
#include <knoll/core/rng.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace knoll;
using kernels::Axis;

namespace {

constexpr std::int64_t wide = kernels::panel_width<float>;
constexpr float unwritten = -77;

struct WinogradCase {
    std::int64_t height, width, images, channels, filters, padding;
    bool flipped;  // the adjoint in the input: taps backwards
};

struct Size {
    std::int64_t height, width;
};

// Every pair of channels and filters, every padding and number of images turns up, though not all of them for every size.
std::vector<WinogradCase> correlation_cases() {
    constexpr std::int64_t counts[] = {16, 17, 20, 32, 33}, batches[] = {1, 2, 7};
    std::vector<WinogradCase> all;
    std::size_t i = 0;
    for (const Size size : {Size{4, 4}, {5, 7}, {8, 8}, {13, 9}, {14, 14}, {32, 32}})
        for (const std::int64_t padding : {0, 1, 2})
            for (const bool flipped : {false, true})
                for (int repeat = 0; repeat < 2; ++repeat, ++i) {
                    const WinogradCase next{size.height, size.width, batches[i / 2 % 3], counts[i % 5], counts[i / 5 % 5], padding, flipped};
                    if (size.height + 2 * padding - 2 >= 4 || flipped) all.push_back(next);
                }
    // Several bands of tiles for each image, and rows of more tiles than a job should have.
    all.push_back({70, 61, 2, 20, 17, 1, false});
    all.push_back({70, 61, 1, 17, 33, 0, true});
    all.push_back({5, 300, 1, 16, 16, 1, false});
    all.push_back({9, 301, 2, 33, 16, 2, true});
    return all;
}

// Along one side: `outputs` results of a source of `outputs` - 2 padding + 2 values, or its adjoint.
Axis axis_of(const WinogradCase& c, std::int64_t extent) {
    return c.flipped ? kernels::adjoint_axis(extent, extent + 2 * c.padding - 2, 3, 1, c.padding, 1, 0)
                     : kernels::convolution_axis(extent, extent + 2 * c.padding - 2, 3, 1, c.padding, 1);
}

std::vector<float> normal_numbers(std::int64_t count, std::uint64_t seed) {
    Rng rng{seed};
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(rng.normal());
    return values;
}

struct Extents {
    Extents(const WinogradCase& c) : rows(axis_of(c, c.height)), columns(axis_of(c, c.width)), channels(c.channels), filters(c.filters), images(c.images) {}
    std::int64_t source_elements() const { return images * channels * rows.source * columns.source; }
    std::int64_t out_elements() const { return images * filters * rows.out * columns.out; }

    Axis rows, columns;
    std::int64_t channels, filters, images;
};

// Calls visit(source index, weight index [filter][channel][tap], out index) for every product of some images.
template <class Visit>
void for_each_product(const Extents& e, std::int64_t first, std::int64_t last, const Visit& visit) {
    const Axis &r = e.rows, &c = e.columns;
    for (std::int64_t n = first; n < last; ++n)
        for (std::int64_t f = 0; f < e.filters; ++f)
            for (std::int64_t k = 0; k < e.channels; ++k)
                for (std::int64_t i = 0; i < 3; ++i)
                    for (std::int64_t j = 0; j < 3; ++j)
                        for (std::int64_t y = 0; y < r.count; ++y) {
                            const std::int64_t row = y + r.offset + i * r.offset_step;
                            if (row < 0 || row >= r.source) continue;
                            for (std::int64_t x = 0; x < c.count; ++x) {
                                const std::int64_t column = x + c.offset + j * c.offset_step;
                                if (column < 0 || column >= c.source) continue;
                                visit(static_cast<std::size_t>(((n * e.channels + k) * r.source + row) * c.source + column),
                                      static_cast<std::size_t>((f * e.channels + k) * 9 + i * 3 + j),
                                      static_cast<std::size_t>(((n * e.filters + f) * r.out + y) * c.out + x));
                            }
                        }
}

// Where a weight lies in panels [channel and tap, width] with the given distance from one to the next.
std::size_t panel_place(const Extents& e, std::size_t weight, std::int64_t apart) {
    const std::int64_t filter = static_cast<std::int64_t>(weight) / (e.channels * 9), tap = static_cast<std::int64_t>(weight) % (e.channels * 9);
    const std::int64_t panel = filter / wide, width = kernels::width_for<float>(e.filters - panel * wide);
    return static_cast<std::size_t>(panel * apart + tap * width + filter % wide);
}

double largest(const std::vector<double>& values) {
    double most = 0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
}

template <class T>
double farthest(const std::vector<T>& actual, const std::vector<double>& expected) {
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(actual[i]) - expected[i]));
    return worst;
}

// Within 1e-5 of the largest value, and not far worse than plain sums in float.
void check_precision(const std::vector<float>& actual, const std::vector<float>& direct, const std::vector<double>& expected) {
    const double scale = largest(expected);
    CHECK(farthest(actual, expected) <= 1e-5 * scale);
    CHECK(farthest(actual, expected) <= 30 * farthest(direct, expected) + 1e-6 * scale);
}

std::string describe(const WinogradCase& c) {
    return std::to_string(c.images) + " images of " + std::to_string(c.height) + " x " + std::to_string(c.width) + ", " + std::to_string(c.channels) +
           " channels, " + std::to_string(c.filters) + " filters, padding " + std::to_string(c.padding) + (c.flipped ? ", flipped" : "");
}

}  // namespace

TEST_CASE("Winograd's correlation agrees with plain loops in double, and writes its result alone") {
    for (const WinogradCase& c : correlation_cases()) {
        INFO(describe(c));
        const Extents e(c);
        REQUIRE(kernels::winograd::pays(e.rows, e.columns, e.channels, e.filters));
        const auto source = normal_numbers(e.source_elements(), 1), weight = normal_numbers(e.filters * e.channels * 9, 2);
        const std::int64_t panels = (e.filters + wide - 1) / wide;
        auto start = normal_numbers(e.filters, 3);
        start.resize(static_cast<std::size_t>(panels * wide), unwritten);
        std::vector<float> packed(static_cast<std::size_t>(panels * e.channels * 9 * wide), unwritten);
        for (std::size_t i = 0; i < weight.size(); ++i) packed[panel_place(e, i, e.channels * 9 * wide)] = weight[i];
        std::vector<float> out(static_cast<std::size_t>(e.out_elements()) + 64, unwritten);
        kernels::winograd::correlate(e.rows, e.columns, e.images, e.channels, e.filters, source.data(), packed.data(), start.data(), out.data() + 32);

        const std::size_t plane = static_cast<std::size_t>(e.rows.out * e.columns.out);
        std::vector<float> direct(static_cast<std::size_t>(e.out_elements()));
        for (std::size_t i = 0; i < direct.size(); ++i) direct[i] = start[i / plane % static_cast<std::size_t>(e.filters)];
        std::vector<double> expected(direct.begin(), direct.end());
        for_each_product(e, 0, e.images, [&](std::size_t s, std::size_t w, std::size_t o) {
            expected[o] += static_cast<double>(source[s]) * static_cast<double>(weight[w]);
            direct[o] += source[s] * weight[w];
        });
        CHECK(std::all_of(out.begin(), out.begin() + 32, [](float value) { return value == unwritten; }));
        CHECK(std::all_of(out.end() - 32, out.end(), [](float value) { return value == unwritten; }));
        check_precision({out.begin() + 32, out.end() - 32}, direct, expected);
    }
}

TEST_CASE("Winograd's weight gradients agree with plain loops in double, for all images or some, and are written to their panels alone") {
    for (const WinogradCase& c : correlation_cases()) {
        if (c.flipped) continue;
        const std::int64_t first = c.images > 2 ? 2 : 0, last = c.images > 2 ? c.images - 1 : c.images;
        INFO(describe(c) << ", images from " << first << " to " << last);
        const Extents e(c);
        const auto source = normal_numbers(e.source_elements(), 1), upstream = normal_numbers(e.out_elements(), 2);
        const std::int64_t panels = (e.filters + wide - 1) / wide, apart = e.channels * 9 * wide + 7;
        std::vector<float> sums(static_cast<std::size_t>(panels * apart), unwritten);
        kernels::winograd::sum_weight_gradients(e.rows, e.columns, first, last, e.channels, e.filters, source.data(), upstream.data(), sums.data(), apart);

        std::vector<double> expected(static_cast<std::size_t>(e.filters * e.channels * 9));
        std::vector<float> direct(expected.size()), actual(expected.size());
        for_each_product(e, first, last, [&](std::size_t s, std::size_t w, std::size_t o) {
            expected[w] += static_cast<double>(source[s]) * static_cast<double>(upstream[o]);
            direct[w] += source[s] * upstream[o];
        });
        for (std::size_t i = 0; i < actual.size(); ++i) actual[i] = sums[panel_place(e, i, apart)];
        check_precision(actual, direct, expected);
        for (std::int64_t panel = 0; panel < panels; ++panel) {
            const std::int64_t used = e.channels * 9 * kernels::width_for<float>(e.filters - panel * wide);
            CHECK(std::all_of(sums.begin() + panel * apart + used, sums.begin() + (panel + 1) * apart, [](float value) { return value == unwritten; }));
        }
    }
}

TEST_CASE("Winograd's way is taken for 3x3 taps side by side, enough channels and filters, and four outputs or more") {
    using kernels::winograd::pays;
    const auto convolution = [](std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
        return kernels::convolution_axis(in, (in + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1, kernel, stride, padding, dilation);
    };
    const Axis good = convolution(8, 3, 1, 1, 1);
    CHECK(pays(good, good, 16, 16));
    CHECK_FALSE(pays(good, good, 15, 16));
    CHECK_FALSE(pays(good, good, 16, 15));
    for (const Axis& bad : {convolution(8, 5, 1, 1, 1), convolution(8, 2, 1, 1, 1), convolution(8, 3, 2, 1, 1), convolution(8, 3, 1, 1, 2),
                            convolution(5, 3, 1, 0, 1), kernels::adjoint_axis(12, 6, 6, 2, 2, 1, 0), kernels::adjoint_axis(4, 8, 3, 1, 3, 1, 0)}) {
        CHECK_FALSE(pays(bad, good, 16, 16));
        CHECK_FALSE(pays(good, bad, 16, 16));
    }
    CHECK(pays(convolution(4, 3, 1, 3, 1), kernels::adjoint_axis(4, 6, 3, 1, 2, 1, 0), 16, 16));
}

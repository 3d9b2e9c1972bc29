#include <knoll/core/error.h>
#include <knoll/core/kernels/correlation.h>
#include <knoll/core/kernels/tile_product.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <set>
#include <tuple>
#include <vector>

using namespace knoll;
using kernels::Axis;
using kernels::Bands;

namespace {

// One dimension of a convolution.
struct Dimension {
    std::int64_t in, kernel, stride, padding, dilation;
    std::int64_t out() const { return (in + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1; }
};

std::vector<Dimension> dimensions() {
    std::vector<Dimension> all;
    for (const std::int64_t in : {1, 4, 7, 10})
        for (const std::int64_t kernel : {1, 2, 3, 5})
            for (const std::int64_t stride : {1, 2, 3, 6})
                for (const std::int64_t padding : {0, 1, 4})
                    for (const std::int64_t dilation : {1, 2, 3, 4})
                        if (in + 2 * padding >= dilation * (kernel - 1) + 1) all.push_back({in, kernel, stride, padding, dilation});
    return all;
}

// (pixel, tap, output position) of every product.
using Products = std::multiset<std::tuple<std::int64_t, std::int64_t, std::int64_t>>;

Products products_of(const Dimension& d) {
    Products all;
    for (std::int64_t o = 0; o < d.out(); ++o)
        for (std::int64_t k = 0; k < d.kernel; ++k) {
            const std::int64_t pixel = o * d.stride - d.padding + k * d.dilation;
            if (pixel >= 0 && pixel < d.in) all.emplace(pixel, k, o);
        }
    return all;
}

// Calls visit(source, tap, out) for every term of an axis' sums that lies inside the source; and checks what the axis says of its reach.
template <class Visit>
void for_each_term(const Axis& axis, const Visit& visit) {
    std::int64_t lowest = axis.offset, highest = axis.offset;
    for (std::int64_t t = 0; t < axis.count; ++t)
        for (std::int64_t n = 0; n < axis.taps; ++n) {
            const std::int64_t source = t * axis.source_step + axis.offset + n * axis.offset_step;
            lowest = std::min(lowest, source);
            highest = std::max(highest, source);
            if (source >= 0 && source < axis.source) visit(source, axis.tap + n * axis.tap_step, axis.first + t * axis.step);
        }
    if (axis.taps == 0 || axis.count == 0) return;
    CHECK(axis.lowest() == lowest);
    CHECK(axis.lowest() + axis.reach(axis.count) == highest + 1);
}

// An element of a plane; 0 outside.
double read(const std::vector<double>& planes, const Axis& rows, const Axis& columns, std::int64_t channel, std::int64_t row, std::int64_t column) {
    if (row < 0 || row >= rows.source || column < 0 || column >= columns.source) return 0;
    return planes[static_cast<std::size_t>((channel * rows.source + row) * columns.source + column)];
}

// Every element that the products read of every band, against the planes themselves.
template <class T>
void check_bands(const Axis& rows, const Axis& columns, std::int64_t channels, std::int64_t images, std::int64_t flops, std::int64_t least_bands) {
    CAPTURE(rows.source, rows.count, rows.offset, rows.offset_step, columns.source, columns.count, channels, images, flops);
    const Bands bands(rows, columns, channels, images, flops, sizeof(T));
    CHECK(bands.count() >= least_bands);
    CHECK(bands.per_chunk() >= 1);
    CHECK(bands.depth() == channels * rows.taps * columns.taps);
    std::vector<double> planes(static_cast<std::size_t>(channels * rows.source * columns.source));
    for (std::size_t i = 0; i < planes.size(); ++i) planes[i] = static_cast<double>(i % 9973 + 1);
    const std::vector<T> source(planes.begin(), planes.end());

    std::int64_t rows_seen = 0, wrong = 0;
    for (std::int64_t band = 0; band < bands.count(); ++band) {
        CHECK(bands.begin(band) == rows_seen);
        CHECK(bands.positions(band) % columns.count == 0);
        CHECK(bands.positions(band) <= bands.most_positions());
        constexpr T guard = -77;
        std::vector<T> copy(static_cast<std::size_t>(bands.elements()) + 8, guard);
        bands.fill(band, source.data(), copy.data());
        for (std::size_t i = copy.size() - 8; i < copy.size(); ++i) wrong += copy[i] == guard ? 0 : 1;
        for (std::int64_t p = 0; p < bands.positions(band); ++p)
            for (std::int64_t k = 0; k < bands.depth(); ++k) {
                const std::int64_t channel = k / (rows.taps * columns.taps), i = k / columns.taps % rows.taps, j = k % columns.taps;
                const std::int64_t row = (rows_seen + p / columns.count) * rows.source_step + rows.offset + i * rows.offset_step;
                const std::int64_t column = p % columns.count * columns.source_step + columns.offset + j * columns.offset_step;
                const std::int64_t at = std::int64_t{bands.position_offsets()[p]} + bands.tap_offsets()[k];
                if (at < 0 || at >= bands.elements()) {
                    ++wrong;
                    continue;
                }
                wrong += static_cast<double>(copy[static_cast<std::size_t>(at)]) == read(planes, rows, columns, channel, row, column) ? 0 : 1;
            }
        rows_seen += bands.positions(band) / columns.count;
    }
    CHECK(rows_seen == rows.count);
    CHECK(wrong == 0);
    // Whole tiles of offsets, all of them valid.
    for (std::int64_t p = bands.most_positions(); p % kernels::tile_rows != 0; ++p) CHECK(bands.position_offsets()[p] == 0);
    for (std::int64_t k = bands.depth(); k % kernels::tile_rows != 0; ++k) CHECK(bands.tap_offsets()[k] == 0);
}

}  // namespace

TEST_CASE("the axis of a convolution lists its products") {
    for (const Dimension& d : dimensions()) {
        CAPTURE(d.in, d.kernel, d.stride, d.padding, d.dilation);
        const Axis axis = kernels::convolution_axis(d.in, d.out(), d.kernel, d.stride, d.padding, d.dilation);
        CHECK(axis.source == d.in);
        CHECK(axis.out == d.out());
        Products found;
        for_each_term(axis, [&](std::int64_t pixel, std::int64_t tap, std::int64_t out) { found.emplace(pixel, tap, out); });
        CHECK(found == products_of(d));
    }
}

TEST_CASE("the axes of its adjoint list the same products, each once, and every pixel as an output") {
    for (const Dimension& d : dimensions()) {
        CAPTURE(d.in, d.kernel, d.stride, d.padding, d.dilation);
        Products found;
        std::int64_t outputs = 0;
        for (std::int64_t remainder = 0; remainder < d.stride; ++remainder) {
            const Axis axis = kernels::adjoint_axis(d.in, d.out(), d.kernel, d.stride, d.padding, d.dilation, remainder);
            CHECK(axis.source == d.out());
            CHECK(axis.out == d.in);
            CHECK(axis.source_step == 1);
            outputs += axis.count;
            for_each_term(axis, [&](std::int64_t out, std::int64_t tap, std::int64_t pixel) { found.emplace(pixel, tap, out); });
        }
        CHECK(outputs == d.in);
        CHECK(found == products_of(d));
    }
}

TEMPLATE_TEST_CASE("bands hold what their outputs read, with zeros outside the image", "", float, double) {
    const auto axis = kernels::convolution_axis;
    check_bands<TestType>(axis(1, 1, 1, 1, 0, 1), axis(1, 1, 1, 1, 0, 1), 1, 1, 2, 1);
    check_bands<TestType>(axis(7, 7, 3, 1, 1, 1), axis(5, 6, 2, 1, 1, 1), 3, 2, 100, 1);
    check_bands<TestType>(axis(11, 4, 3, 3, 1, 2), axis(9, 5, 3, 2, 2, 2), 2, 1, 100, 1);
    check_bands<TestType>(axis(2, 7, 2, 1, 3, 1), axis(2, 9, 2, 1, 4, 1), 2, 1, 100, 1);  // rows and columns of nothing but padding
    check_bands<TestType>(axis(3, 3, 5, 1, 3, 1), axis(1, 3, 5, 1, 3, 1), 2, 1, 100, 1);  // a kernel larger than the image
    // An adjoint reads backwards.
    check_bands<TestType>(kernels::adjoint_axis(9, 9, 3, 1, 1, 1, 0), kernels::adjoint_axis(8, 6, 3, 1, 0, 1, 0), 3, 1, 100, 1);
    check_bands<TestType>(kernels::adjoint_axis(12, 6, 5, 2, 2, 1, 1), kernels::adjoint_axis(13, 3, 4, 3, 0, 2, 2), 2, 1, 100, 1);
    // One that no tap reaches.
    check_bands<TestType>(kernels::adjoint_axis(9, 3, 2, 4, 0, 1, 3), kernels::adjoint_axis(9, 9, 3, 1, 1, 1, 0), 2, 1, 0, 1);
}

TEMPLATE_TEST_CASE("images are cut into bands for the threads, and for the cache", "", float, double) {
    const auto axis = kernels::convolution_axis;
    check_bands<TestType>(axis(33, 33, 3, 1, 1, 1), axis(20, 20, 3, 1, 1, 1), 2, 1, 1'000'000, 11);
    check_bands<TestType>(axis(37, 19, 3, 2, 1, 1), axis(20, 10, 3, 2, 1, 1), 2, 3, 1'000'000, 4);
    check_bands<TestType>(axis(23, 23, 3, 1, 1, 1), axis(400, 400, 3, 1, 1, 1), 20, 64, 1000, 3);  // 32 KB and more for each row
    check_bands<TestType>(axis(6, 6, 3, 1, 1, 1), axis(5000, 5000, 3, 1, 1, 1), 12, 64, 1000, 6);  // a row alone is too large
    check_bands<TestType>(kernels::adjoint_axis(31, 29, 3, 1, 0, 1, 0), kernels::adjoint_axis(20, 18, 3, 1, 0, 1, 0), 2, 1, 1'000'000, 10);
}

TEST_CASE("an axis without outputs has no bands") {
    const Axis none = kernels::adjoint_axis(2, 1, 1, 3, 0, 1, 2), some = kernels::convolution_axis(5, 5, 3, 1, 1, 1);
    REQUIRE(none.count == 0);
    CHECK(Bands(none, some, 2, 1, 100, sizeof(float)).count() == 0);
    CHECK(Bands(some, none, 2, 1, 100, sizeof(float)).most_positions() == 0);
}

TEST_CASE("rows too long for 32-bit offsets are refused") {
    const Axis rows = kernels::convolution_axis(3, 1, 3, 1, 0, 1), columns = kernels::convolution_axis(1 << 20, 1 << 20, 1, 1, 0, 1);
    CHECK_THROWS_WITH(Bands(rows, columns, 1024, 1, 1, sizeof(float)), Catch::Contains("[conv2d] expected rows of images with less than 2^31 values, got 3"));
}

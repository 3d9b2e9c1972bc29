#include <knoll/core/kernels/panel.h>
#include <catch2/catch.hpp>

#include <vector>

using namespace knoll;
using kernels::panel_width;
using kernels::vector_lanes;

namespace {

constexpr int guard = -77;
constexpr std::size_t margin = 40;

// Rows that lie `stride` apart, not an element more; what is between them is the guard value.
template <class T>
std::vector<T> numbered_rows(std::int64_t lanes, std::int64_t count, std::int64_t stride) {
    std::vector<T> rows(static_cast<std::size_t>((lanes - 1) * stride + count), T(guard));
    for (std::int64_t r = 0; r < lanes; ++r)
        for (std::int64_t k = 0; k < count; ++k) rows[static_cast<std::size_t>(r * stride + k)] = static_cast<T>(1 + r * 100 + k);
    return rows;
}

template <class T>
std::vector<std::int64_t> awkward_counts() {
    const std::int64_t side = vector_lanes<T>;
    return {1, 2, side - 1, side, side + 1, 2 * side, 3 * side - 1, 5 * side + 3};
}

}  // namespace

TEMPLATE_TEST_CASE("the width of a panel fits its columns", "", float, double) {
    CHECK(panel_width<TestType> == 64 / sizeof(TestType));
    for (std::int64_t columns = 1; columns <= panel_width<TestType>; ++columns)
        CHECK(kernels::width_for<TestType>(columns) == (columns <= vector_lanes<TestType> ? vector_lanes<TestType> : panel_width<TestType>));
    CHECK(kernels::width_for<TestType>(1000) == panel_width<TestType>);
}

TEMPLATE_TEST_CASE("rows packed into a panel become its columns, zeros beyond them, and nothing else is touched", "", float, double) {
    for (const std::int64_t lanes : awkward_counts<TestType>())
        for (const std::int64_t count : awkward_counts<TestType>())
            for (const std::int64_t gap : {0, 3}) {
                // Any multiple of a vector that holds the lanes, and one beyond.
                const std::int64_t side = vector_lanes<TestType>, width = (lanes + side - 1) / side * side + (gap > 0 ? side : 0);
                CAPTURE(lanes, count, width);
                const auto rows = numbered_rows<TestType>(lanes, count, count + gap);
                std::vector<TestType> panel(static_cast<std::size_t>(count * width) + 2 * margin, TestType(guard)), expected = panel;
                for (std::int64_t k = 0; k < count; ++k)
                    for (std::int64_t c = 0; c < width; ++c)
                        expected[margin + static_cast<std::size_t>(k * width + c)] = c < lanes ? static_cast<TestType>(1 + c * 100 + k) : TestType(0);
                const TestType* const from = rows.data();
                TestType* const into = panel.data() + margin;
                kernels::run_vectorized([=] { kernels::pack_panel(from, count + gap, lanes, count, into, width); });
                CHECK(panel == expected);
            }
}

TEMPLATE_TEST_CASE("a panel unpacked gives its first columns as rows, and nothing else is touched", "", float, double) {
    for (const std::int64_t width : {std::int64_t{vector_lanes<TestType>}, panel_width<TestType>})
        for (std::int64_t lanes = 1; lanes <= width; ++lanes)
            for (const std::int64_t count : awkward_counts<TestType>())
                for (const std::int64_t gap : {0, 3}) {
                    CAPTURE(lanes, count, width);
                    std::vector<TestType> panel(static_cast<std::size_t>(count * width));
                    for (std::int64_t k = 0; k < count; ++k)
                        for (std::int64_t c = 0; c < width; ++c) panel[static_cast<std::size_t>(k * width + c)] = static_cast<TestType>(1 + c * 100 + k);
                    const std::vector<TestType> expected = numbered_rows<TestType>(lanes, count, count + gap);
                    std::vector<TestType> rows(expected.size(), TestType(guard));
                    const TestType* const from = panel.data();
                    TestType* const into = rows.data();
                    kernels::run_vectorized([=] { kernels::unpack_panel(from, width, lanes, count, into, count + gap); });
                    CHECK(rows == expected);
                }
}

TEST_CASE("packing and unpacking are the same without the newer instructions") {
    const auto rows = numbered_rows<float>(13, 21, 23);
    std::vector<float> panel(21 * 16), back(rows.size(), guard);
    kernels::run_baseline([from = rows.data(), into = panel.data()] { kernels::pack_panel(from, 23, 13, 21, into, 16); });
    kernels::run_baseline([from = panel.data(), into = back.data()] { kernels::unpack_panel(from, 16, 13, 21, into, 23); });
    CHECK(back == rows);
}

#include <knoll/data/synthetic/resample.h>
#include <catch2/catch.hpp>

#include <numeric>

using namespace knoll;

TEST_CASE("a pixel of a smaller image is the mean of the area it covers") {
    const std::vector<std::uint8_t> image{0, 10, 20, 30, 40, 50, 60, 70, 80};
    const std::vector<float> half = data::resample_area(image.data(), 3, 2);
    // The first covers one whole pixel, halves of two, a quarter of one: (0 + 10/2 + 30/2 + 40/4) / 2.25.
    CHECK(half[0] == Approx(30.0 / 2.25));
    CHECK(half[3] == Approx((80.0 + 70.0 / 2 + 50.0 / 2 + 40.0 / 4) / 2.25));
    CHECK(data::resample_area(image.data(), 3, 3) == std::vector<float>(image.begin(), image.end()));
    CHECK(data::resample_area(image.data(), 3, 1) == std::vector<float>{40.0F});
}

TEST_CASE("scaling keeps the mean, down and up") {
    std::vector<std::uint8_t> image(28 * 28);
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<std::uint8_t>(i * 37 % 256);
    const double mean = std::accumulate(image.begin(), image.end(), 0.0) / static_cast<double>(image.size());
    const std::int64_t to = GENERATE(1, 5, 14, 17, 28, 41);
    const std::vector<float> scaled = data::resample_area(image.data(), 28, to);
    REQUIRE(static_cast<std::int64_t>(scaled.size()) == to * to);
    CHECK(std::accumulate(scaled.begin(), scaled.end(), 0.0) / static_cast<double>(to * to) == Approx(mean).epsilon(1e-5));
}

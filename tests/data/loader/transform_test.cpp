#include <knoll/core/error.h>
#include <knoll/data/loader/transform.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>

using namespace knoll;
using data::ImageView;

namespace {

// Pixels 1, 2, 3, ...
struct Image {
    Image(std::int64_t channels, std::int64_t height, std::int64_t width)
        : pixels(static_cast<std::size_t>(channels * height * width)), view{pixels.data(), channels, height, width} {
        std::iota(pixels.begin(), pixels.end(), 1.0F);
    }
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;

    std::vector<float> pixels;
    ImageView view;
};

}  // namespace

TEST_CASE("normalize subtracts the mean and divides by the deviation of each channel") {
    Image image(2, 1, 2), same(2, 1, 2);
    Rng rng{1};
    data::normalize({1, 3}, {2, 4})(image.view, rng);
    CHECK(image.pixels == std::vector<float>{0, 0.5F, 0, 0.25F});
    data::normalize({1}, {2})(same.view, rng);
    CHECK(same.pixels == std::vector<float>{0, 0.5F, 1, 1.5F});
    CHECK_THROWS_WITH(data::normalize({1, 2, 3}, {1, 1, 1})(image.view, rng), "[normalize] expected an image of 3 channels, got 2");
    CHECK_THROWS_WITH(data::normalize({1, 2}, {1}), "[normalize] expected as many deviations as means, got 2 and 1");
    CHECK_THROWS_WITH(data::normalize({1}, {0}), "[normalize] expected deviations above 0, got 0");
}

TEST_CASE("a flip mirrors every row of every channel") {
    Rng rng{1};
    Image image(2, 2, 3);
    data::random_horizontal_flip(1.0)(image.view, rng);
    CHECK(image.pixels == std::vector<float>{3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10});
    data::random_horizontal_flip(0.0)(image.view, rng);
    CHECK(image.pixels[0] == 3);
    int flipped = 0;
    for (int i = 0; i < 1000; ++i) {
        Image next(1, 1, 2);
        data::random_horizontal_flip()(next.view, rng);
        flipped += next.pixels[0] == 2;
    }
    CHECK(flipped == Approx(500).margin(80));
    CHECK_THROWS_WITH(data::random_horizontal_flip(1.5), "[random_horizontal_flip] expected a probability in [0, 1], got 1.5");
}

TEST_CASE("a crop is a window of the padded image, at every place in turn") {
    Rng rng{1};
    bool seen[5][5] = {};
    for (int i = 0; i < 1000; ++i) {
        Image image(2, 3, 4);
        data::random_crop(2)(image.view, rng);
        int matches = 0;
        for (int down = -2; down <= 2; ++down)
            for (int right = -2; right <= 2; ++right) {
                const Image whole(2, 3, 4);
                bool same = true;
                for (std::int64_t c = 0; c < 2; ++c)
                    for (std::int64_t y = 0; y < 3; ++y)
                        for (std::int64_t x = 0; x < 4; ++x) {
                            const std::int64_t from_y = y + down, from_x = x + right;
                            const bool inside = from_y >= 0 && from_y < 3 && from_x >= 0 && from_x < 4;
                            same = same && image.view.at(c, y, x) == (inside ? whole.view.at(c, from_y, from_x) : 0.0F);
                        }
                matches += same;
                seen[down + 2][right + 2] = seen[down + 2][right + 2] || same;
            }
        REQUIRE(matches == 1);
    }
    CHECK(std::all_of(&seen[0][0], &seen[0][0] + 25, [](bool found) { return found; }));
    CHECK_THROWS_WITH(data::random_crop(-1), "[random_crop] expected a padding of 0 or more, got -1");
}

TEST_CASE("cutout fills one square around a random centre, the same in every channel") {
    Rng rng{1};
    std::vector<int> hits(30);
    for (int i = 0; i < 2000; ++i) {
        Image image(2, 5, 6);
        data::cutout(3, -1.0F)(image.view, rng);
        std::int64_t top = 5, bottom = -1, left = 6, right = -1, filled = 0;
        for (std::int64_t y = 0; y < 5; ++y)
            for (std::int64_t x = 0; x < 6; ++x) {
                const bool hit = image.view.at(0, y, x) == -1.0F;
                REQUIRE(hit == (image.view.at(1, y, x) == -1.0F));
                if (!hit) continue;
                ++hits[static_cast<std::size_t>(y * 6 + x)];
                ++filled;
                top = std::min(top, y), bottom = std::max(bottom, y), left = std::min(left, x), right = std::max(right, x);
            }
        REQUIRE(filled == (bottom - top + 1) * (right - left + 1));
        REQUIRE(filled >= 4);
        REQUIRE(filled <= 9);
    }
    CHECK(*std::min_element(hits.begin(), hits.end()) > 0);
    Image image(1, 4, 4);
    data::cutout(0)(image.view, rng);
    CHECK(std::count(image.pixels.begin(), image.pixels.end(), 0.0F) == 0);
    CHECK_THROWS_WITH(data::cutout(-1), "[cutout] expected a side of 0 or more, got -1");
}

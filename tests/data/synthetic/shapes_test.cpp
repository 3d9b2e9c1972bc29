#include "support/threads.h"

#include <knoll/data/synthetic/scenes.h>
#include <knoll/data/synthetic/shapes.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>

using namespace knoll;

namespace {

using Pixels = std::vector<int>;

// Image i, turned clockwise by so many quarters.
Pixels turned_image(const data::LabeledImages& set, std::int64_t i, int turns) {
    const std::int64_t size = set.size();
    Pixels pixels(static_cast<std::size_t>(size * size));
    for (std::int64_t y = 0; y < size; ++y)
        for (std::int64_t x = 0; x < size; ++x) {
            std::int64_t to_y = y, to_x = x;
            for (int t = 0; t < turns; ++t) to_x = size - 1 - std::exchange(to_y, to_x);
            pixels[static_cast<std::size_t>(to_y * size + to_x)] = set.images().at<std::uint8_t>(i, 0, y, x);
        }
    return pixels;
}

int squared_distance(const Pixels& a, const Pixels& b) {
    int sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

}  // namespace

TEST_CASE("shapes are as many of each kind, and none is blank or cut to noise") {
    const data::LabeledImages set = data::draw_shapes({.count = 200, .seed = 1, .noise = 0.0});
    CHECK(to_string(set.images().shape()) == "[200, 1, 28, 28]");
    CHECK(set.class_counts() == std::vector<std::int64_t>(10, 20));
    CHECK(set.class_names()[2] == "arrow");
    for (std::int64_t i = 0; i < set.count(); ++i) {
        const auto pixels = set.images().data<std::uint8_t>().subspan(static_cast<std::size_t>(i * 784), 784);
        const auto lit = std::count_if(pixels.begin(), pixels.end(), [](std::uint8_t pixel) { return pixel > 30; });
        CHECK(lit > 40);
        CHECK(lit < 500);
        const double brightest = *std::max_element(pixels.begin(), pixels.end());
        const auto between =
            std::count_if(pixels.begin(), pixels.end(), [&](std::uint8_t pixel) { return pixel > 0.1 * brightest && pixel < 0.6 * brightest; });
        CHECK(between > 2);  // smooth edges
    }
}

TEST_CASE("the nearest of 100 examples tells the kind, and whether it was turned, most of the time") {
    const data::LabeledImages known = data::draw_shapes({.count = 1000, .seed = 1, .noise = 0.0});
    const data::LabeledImages asked = data::draw_shapes({.count = 100, .seed = 2, .noise = 0.0});
    std::vector<Pixels> examples;
    for (std::int64_t i = 0; i < known.count(); ++i)
        for (int turns = 0; turns < 4; ++turns) examples.push_back(turned_image(known, i, turns));
    int right = 0;
    for (std::int64_t i = 0; i < asked.count(); ++i) {
        const Pixels image = turned_image(asked, i, 0);
        const auto nearer = [&](const Pixels& a, const Pixels& b) { return squared_distance(a, image) < squared_distance(b, image); };
        const auto nearest = std::min_element(examples.begin(), examples.end(), nearer) - examples.begin();
        right += nearest % 4 == 0 && nearest / 4 % 10 == i % 10;
    }
    CHECK(right >= 90);
}

TEST_CASE("shape i depends on the seed and i, not on how many are drawn or on threads") {
    const std::vector<double> many = data::draw_shapes({.count = 50, .seed = 3}).images().to_vector();
    const std::vector<double> few = data::draw_shapes({.count = 7, .seed = 3}).images().to_vector();
    CHECK(few == std::vector<double>(many.begin(), many.begin() + static_cast<std::ptrdiff_t>(few.size())));
    CHECK(data::draw_shapes({.count = 50, .seed = 4}).images().to_vector() != many);
    check_same_bits([] { return std::vector<Tensor>{data::draw_shapes({.count = 70, .seed = 2}).images()}; });
}

TEST_CASE("scenes can be composed of shapes") {
    const data::MultiLabelImages scenes = data::compose_scenes(data::draw_shapes({.count = 100, .noise = 0.0}), {.count = 20, .seed = 1});
    CHECK(scenes.classes() == 40);
    CHECK(scenes.class_names()[9] == "arrow, turned right");
    CHECK(scenes.labels_per_image() >= 1.0);
}

TEST_CASE("drawing refuses sizes that cannot be") {
    CHECK_THROWS_WITH(data::draw_shapes({.size = 0}),
                      Catch::Contains("[draw_shapes] expected a count and noise of 0 or more and a size of at least 1, got 1000, 0.1 and 0"));
    CHECK_THROWS_AS(data::draw_shapes({.count = -1}), ValueError);
}

// Shapes and scenes told again pixel by pixel, with the same draws in the same order.
#include "data/random_sets.h"

#include <knoll/data/synthetic/scenes.h>
#include <knoll/data/synthetic/shapes.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace knoll;

namespace {

bool box(double x, double y, double left, double right, double top, double bottom) { return left <= x && x <= right && top <= y && y <= bottom; }
bool disc(double x, double y, double middle_y, double radius) { return std::hypot(x, y - middle_y) <= radius; }
// With the tip at height `tip` and a base of 2 * half at height `base`.
bool triangle(double x, double y, double tip, double base, double half) {
    const double share = (y - tip) / (base - tip);
    return share >= 0 && share <= 1 && std::abs(x) <= share * half;
}

// Whether a point, x to the right and y down, both from -1 to 1, is in the shape of that kind.
bool inside(int kind, double x, double y) {
    switch (kind) {
        case 0:
            return triangle(x, y, -0.9, 0.8, 0.85);
        case 1:
            return disc(x, y, 0.4, 0.9) && y <= 0.4;
        case 2:
            return triangle(x, y, -0.9, 0, 0.7) || box(x, y, -0.22, 0.22, 0, 0.9);
        case 3:
            return box(x, y, -0.8, 0.8, -0.8, -0.4) || box(x, y, -0.2, 0.2, -0.8, 0.85);
        case 4:
            return box(x, y, -0.7, -0.25, -0.85, 0.8) || box(x, y, -0.7, 0.7, 0.35, 0.8);
        case 5:
            return box(x, y, -0.8, 0.8, -0.75, 0.75) && !box(x, y, -0.35, 0.35, -0.25, 1);
        case 6:
            return disc(x, y, 0, 0.85) && !disc(x, y, 0.45, 0.7);
        case 7:
            return disc(x, y, 0.3, 0.55) || triangle(x, y, -0.95, 0.1, 0.52);
        case 8:
            return (disc(x, y, -0.45, 0.48) && !disc(x, y, -0.45, 0.2)) || box(x, y, -0.13, 0.13, 0, 0.9) || box(x, y, 0, 0.45, 0.6, 0.85);
        default:
            return box(x, y, -0.6, -0.4, -0.9, 0.9) || box(x, y, -0.6, 0.65, -0.9, -0.05);
    }
}

int byte_of(double value) { return static_cast<int>(std::floor(255 * std::min(std::max(value, 0.0), 1.0) + 0.5)); }

std::vector<int> plain_shape(int kind, std::int64_t size, double noise, Rng rng) {
    const auto between = [&](double least, double most) { return least + (most - least) * rng.uniform(); };
    const double middle_x = between(-0.15, 0.15), middle_y = between(-0.15, 0.15), wide = between(0.55, 0.9), high = between(0.55, 0.9);
    const double angle = between(-20, 20) * std::acos(-1.0) / 180, bright = between(0.45, 0.85), shade_x = between(-0.2, 0.2), shade_y = between(-0.2, 0.2);
    std::vector<int> pixels;
    const double side = 2.0 / static_cast<double>(size);
    for (std::int64_t row = 0; row < size; ++row)
        for (std::int64_t column = 0; column < size; ++column) {
            double covered = 0;
            for (int i = 0; i < 4; ++i)
                for (int j = 0; j < 4; ++j) {
                    const double x = (static_cast<double>(column) + (j + 0.5) / 4) * side - 1 - middle_x;
                    const double y = (static_cast<double>(row) + (i + 0.5) / 4) * side - 1 - middle_y;
                    covered +=
                        inside(kind, (std::cos(angle) * x + std::sin(angle) * y) / wide, (std::cos(angle) * y - std::sin(angle) * x) / high) ? 1.0 / 16 : 0;
                }
            const double x = (static_cast<double>(column) + 0.5) * side - 1, y = (static_cast<double>(row) + 0.5) * side - 1;
            double value = covered * (bright + x * shade_x + y * shade_y);
            if (noise > 0) value += noise * rng.normal();
            pixels.push_back(byte_of(value));
        }
    return pixels;
}

struct Placed {
    std::int64_t top, left, side;
};

std::int64_t hidden_by(const Placed& square, const std::vector<Placed>& before) {
    std::int64_t hidden = 0;
    for (const Placed& other : before)
        for (std::int64_t y = square.top; y < square.top + square.side; ++y)
            for (std::int64_t x = square.left; x < square.left + square.side; ++x)
                hidden += y >= other.top && y < other.top + other.side && x >= other.left && x < other.left + other.side ? 1 : 0;
    return hidden;
}

// The mean of the part of a square image that pixel (y, x) of so many a side covers, in strips a `to`-th of a pixel wide.
double plain_area(const std::vector<double>& image, std::int64_t from, std::int64_t to, std::int64_t y, std::int64_t x) {
    double sum = 0;
    for (std::int64_t v = y * from; v < (y + 1) * from; ++v)
        for (std::int64_t u = x * from; u < (x + 1) * from; ++u) sum += image[static_cast<std::size_t>(v / to * from + u / to)];
    return sum / static_cast<double>(from * from);
}

std::size_t plain_draw(const std::vector<double>& weights, Rng& rng) {
    double total = 0, sum = 0;
    for (const double weight : weights) total += weight;
    const double target = rng.uniform() * total;
    for (std::size_t i = 0; i < weights.size(); ++i)
        if ((sum += weights[i]) > target) return i;
    return weights.size() - 1;
}

struct PlainScene {
    std::vector<double> pixels;  // 0 to 255, before rounding
    std::vector<double> labels;
};

PlainScene plain_scene(const data::LabeledImages& objects, const data::SceneOptions& options, std::int64_t i) {
    Rng rng = Rng{options.seed}.fork(static_cast<std::uint64_t>(i));
    const std::int64_t channels = objects.channels(), from = objects.size(), size = options.size;
    PlainScene scene{std::vector<double>(static_cast<std::size_t>(channels * size * size)),
                     std::vector<double>(static_cast<std::size_t>(objects.classes() * 4))};
    std::vector<Placed> taken;
    const std::size_t count = 1 + plain_draw({options.objects.begin(), options.objects.end()}, rng);
    for (std::size_t n = 0; n < count; ++n) {
        std::int64_t object = 0, turns = 0;
        if (options.frequencies.empty()) {
            object = rng.index_below(objects.count());
            turns = rng.index_below(4);
        } else {
            const auto drawn = static_cast<std::int64_t>(plain_draw(options.frequencies, rng));
            std::vector<std::int64_t> members;
            for (std::int64_t o = 0; o < objects.count(); ++o)
                if (objects.labels().at<std::int64_t>(o) == drawn / 4) members.push_back(o);
            object = members[static_cast<std::size_t>(rng.index_below(std::ssize(members)))];
            turns = drawn % 4;
        }
        const std::int64_t side = options.smallest + rng.index_below(options.largest - options.smallest + 1);
        const double brightness = options.darkest + (1 - options.darkest) * rng.uniform();
        Placed best{};
        std::int64_t least = 1'000'000;
        for (int attempt = 0; attempt < 100 && least > 0; ++attempt) {
            const std::int64_t top = rng.index_below(size - side + 1), left = rng.index_below(size - side + 1);
            const std::int64_t hidden = hidden_by({top, left, side}, taken);
            if (hidden < least) least = hidden, best = {top, left, side};
        }
        taken.push_back(best);
        scene.labels[static_cast<std::size_t>(objects.labels().at<std::int64_t>(object) * 4 + turns)] = 1;
        for (std::int64_t c = 0; c < channels; ++c) {
            std::vector<double> image;
            for (std::int64_t y = 0; y < from; ++y)
                for (std::int64_t x = 0; x < from; ++x) image.push_back(objects.images().at<std::uint8_t>(object, c, y, x));
            for (std::int64_t y = 0; y < side; ++y)
                for (std::int64_t x = 0; x < side; ++x) {
                    std::int64_t to_y = y, to_x = x;  // where pixel (y, x) goes when the object is turned clockwise
                    for (std::int64_t t = 0; t < turns; ++t) {
                        const std::int64_t old_y = to_y;
                        to_y = to_x;
                        to_x = side - 1 - old_y;
                    }
                    double& pixel = scene.pixels[static_cast<std::size_t>((c * size + best.top + to_y) * size + best.left + to_x)];
                    pixel = std::max(pixel, brightness * plain_area(image, from, side, y, x));
                }
        }
    }
    for (double& pixel : scene.pixels) {
        if (options.noise > 0) pixel += 255 * options.noise * rng.normal();
        pixel = std::min(std::max(pixel, 0.0), 255.0);
    }
    return scene;
}

}  // namespace

TEST_CASE("every kind of shape is drawn as plain loops draw it, to the byte") {
    for (const auto& [size, noise] : {std::pair<std::int64_t, double>{28, 0.1}, {17, 0.0}, {1, 0.3}}) {
        const data::LabeledImages set = data::draw_shapes({.count = 53, .seed = 8, .size = size, .noise = noise});
        for (std::int64_t i = 0; i < 53; ++i) {
            const std::vector<int> expected = plain_shape(static_cast<int>(i % 10), size, noise, Rng{8}.fork(static_cast<std::uint64_t>(i)));
            const auto got = set.images().data<std::uint8_t>().subspan(static_cast<std::size_t>(i * size * size), static_cast<std::size_t>(size * size));
            INFO("shape " << i << " of side " << size);
            REQUIRE(std::vector<int>(got.begin(), got.end()) == expected);
            REQUIRE(set.labels().at<std::int64_t>(i) == i % 10);
        }
    }
}

TEST_CASE("drawn shapes have their names and defaults, and none is a set too") {
    CHECK(data::draw_shapes({.count = 1}).class_names() ==
          std::vector<std::string>{"triangle", "half disc", "arrow", "tee", "corner", "arch", "crescent", "drop", "key", "flag"});
    const data::ShapeOptions options;
    CHECK((options.count == 1000 && options.seed == 0 && options.size == 28 && options.noise == 0.1));
    CHECK(data::draw_shapes({.count = 0}).count() == 0);
    CHECK(data::draw_shapes({.count = 0}).classes() == 10);
    CHECK_THROWS_AS(data::draw_shapes({.noise = -0.1}), ValueError);
}

TEST_CASE("scenes are composed as plain loops compose them") {
    const data::LabeledImages objects = random_images(12, 3, 7, 3);
    const std::vector<double> frequencies{1, 0, 2, 1, 3, 1, 0, 0, 1, 1, 1, 4};
    for (const data::SceneOptions& options :
         {data::SceneOptions{.count = 70, .seed = 4, .size = 13, .smallest = 4, .largest = 9, .objects = {0.1, 0.2, 0.3, 0.4}},
          data::SceneOptions{.count = 40, .seed = 5, .size = 21, .smallest = 5, .largest = 5, .noise = 0.2},
          data::SceneOptions{.count = 66, .seed = 6, .size = 16, .smallest = 3, .largest = 11, .darkest = 0.2, .frequencies = frequencies}}) {
        const data::MultiLabelImages scenes = data::compose_scenes(objects, options);
        const std::vector<double> pixels = scenes.images().to_vector(), labels = scenes.labels().to_vector();
        CHECK(scenes.labels().dtype() == DType::u8);
        for (std::int64_t i = 0; i < options.count; ++i) {
            const PlainScene expected = plain_scene(objects, options, i);
            INFO("scene " << i << " of side " << options.size);
            for (std::size_t j = 0; j < expected.pixels.size(); ++j)
                REQUIRE(std::abs(pixels[static_cast<std::size_t>(i) * expected.pixels.size() + j] - expected.pixels[j]) <= 0.5 + 1e-3);
            for (std::size_t j = 0; j < expected.labels.size(); ++j)
                REQUIRE(labels[static_cast<std::size_t>(i) * expected.labels.size() + j] == expected.labels[j]);
        }
    }
}

TEST_CASE("the defaults of scenes, and what they refuse at their borders") {
    const data::SceneOptions options;
    CHECK((options.count == 1000 && options.seed == 0 && options.size == 32 && options.smallest == 14 && options.largest == 16));
    CHECK((options.darkest == 0.6 && options.noise == 0.0 && options.frequencies.empty()));
    CHECK(options.objects == std::array<double, 4>{0.2, 0.35, 0.3, 0.15});
    const data::LabeledImages objects = random_images(4, 1, 8, 2);
    const auto refused = [&](data::SceneOptions some) {
        some.count = std::min<std::int64_t>(some.count, 1);
        CHECK_THROWS_AS(data::compose_scenes(objects, some), ValueError);
    };
    refused({.size = 4, .smallest = 0, .largest = 2});
    refused({.size = 4, .smallest = 3, .largest = 2});
    refused({.size = 4, .smallest = 2, .largest = 5});
    refused({.darkest = -0.1});
    refused({.noise = -0.1});
    refused({.objects = {1, -1, 1, 0}});
    refused({.objects = {1, NAN, 0, 0}});
    refused({.objects = {INFINITY, 0, 0, 0}});
    refused({.frequencies = {1, 1, 1, 1, 1, 1, 1, -1}});
    CHECK(data::compose_scenes(objects, {.count = 0}).count() == 0);
    for (const data::SceneOptions& fine :
         {data::SceneOptions{.count = 2, .size = 4, .smallest = 4, .largest = 4}, {.count = 2, .darkest = 0}, {.count = 2, .darkest = 1}})
        CHECK(data::compose_scenes(objects, fine).count() == 2);
    const data::LabeledImages none(zeros({0, 1, 8, 8}, DType::u8), zeros({0}, DType::i64), 2),
        oblong(zeros({1, 1, 8, 9}, DType::u8), zeros({1}, DType::i64), 2);
    CHECK_THROWS_WITH(data::compose_scenes(none, {.count = 1}), "[compose_scenes] expected objects and a count of 0 or more, got 0 objects and count 1");
    CHECK_THROWS_AS(data::compose_scenes(oblong, {.count = 1}), ShapeError);
    CHECK(data::compose_scenes(objects, {.count = 1}).class_names()[5] == "1, turned right");
}

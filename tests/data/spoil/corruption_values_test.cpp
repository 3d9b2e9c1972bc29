// Every corruption told again in plain loops, pixel by pixel, on images that are not square and no multiple of a block.
#include "data/random_sets.h"

#include <knoll/data/spoil/corrupt_images.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;
using data::Corruption;

namespace {

using Plane = std::vector<std::vector<double>>;

Plane of_size(const Plane& plane) { return Plane(plane.size(), std::vector<double>(plane.front().size())); }

Plane plain_noise(Plane plane, double deviation, Rng& rng) {
    for (auto& row : plane)
        for (double& pixel : row) pixel += deviation * rng.normal();
    return plane;
}

// The product of two bell curves over the whole square, borders repeated.
Plane plain_blur(const Plane& plane, double deviation) {
    const int height = static_cast<int>(plane.size()), width = static_cast<int>(plane.front().size()), reach = static_cast<int>(std::ceil(3 * deviation));
    Plane out = of_size(plane);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            double sum = 0, weights = 0;
            for (int dy = -reach; dy <= reach; ++dy)
                for (int dx = -reach; dx <= reach; ++dx) {
                    const double weight = std::exp(-(dy * dy + dx * dx) / (2 * deviation * deviation));
                    const int from_y = std::min(std::max(y + dy, 0), height - 1), from_x = std::min(std::max(x + dx, 0), width - 1);
                    sum += weight * plane[static_cast<std::size_t>(from_y)][static_cast<std::size_t>(from_x)];
                    weights += weight;
                }
            out[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = sum / weights;
        }
    return out;
}

Plane plain_contrast(Plane plane, double left) {
    double sum = 0;
    for (const auto& row : plane)
        for (const double pixel : row) sum += pixel;
    const double middle = sum / static_cast<double>(plane.size() * plane.front().size());
    for (auto& row : plane)
        for (double& pixel : row) pixel = left * pixel + (1 - left) * middle;
    return plane;
}

// For each pixel the mean of those that lie in its block.
Plane plain_pixelate(const Plane& plane, std::size_t side) {
    Plane out = of_size(plane);
    for (std::size_t y = 0; y < plane.size(); ++y)
        for (std::size_t x = 0; x < plane[y].size(); ++x) {
            double sum = 0;
            int count = 0;
            for (std::size_t v = 0; v < plane.size(); ++v)
                for (std::size_t u = 0; u < plane[v].size(); ++u) {
                    if (v / side != y / side || u / side != x / side) continue;
                    sum += plane[v][u];
                    ++count;
                }
            out[y][x] = sum / count;
        }
    return out;
}

Plane plain_rotate(const Plane& plane, double degrees) {
    const double angle = degrees * std::acos(-1.0) / 180;
    const auto height = static_cast<double>(plane.size()), width = static_cast<double>(plane.front().size());
    Plane out = of_size(plane);
    for (std::size_t y = 0; y < plane.size(); ++y)
        for (std::size_t x = 0; x < plane[y].size(); ++x) {
            const double up = static_cast<double>(y) - (height - 1) / 2, right = static_cast<double>(x) - (width - 1) / 2;
            const double from_y = (height - 1) / 2 + std::cos(angle) * up - std::sin(angle) * right;
            const double from_x = (width - 1) / 2 + std::sin(angle) * up + std::cos(angle) * right;
            double sum = 0;  // every pixel counts by how near it is, up to a distance of one
            for (std::size_t v = 0; v < plane.size(); ++v)
                for (std::size_t u = 0; u < plane[v].size(); ++u)
                    sum += plane[v][u] * std::max(0.0, 1 - std::abs(from_y - static_cast<double>(v))) *
                           std::max(0.0, 1 - std::abs(from_x - static_cast<double>(u)));
            out[y][x] = sum;
        }
    return out;
}

struct Strength {
    double noise, blur, contrast;
    std::size_t block;
    double degrees;
};
constexpr Strength strengths[]{{0.06, 0.5, 0.6, 2, 8}, {0.10, 0.8, 0.4, 3, 16}, {0.16, 1.1, 0.25, 4, 25}, {0.24, 1.5, 0.15, 5, 35}, {0.34, 2.0, 0.08, 7, 50}};

Plane plain(const Plane& plane, Corruption corruption, int severity, double side, Rng& rng) {
    const Strength& strength = strengths[severity - 1];
    switch (corruption) {
        case Corruption::noise:
            return plain_noise(plane, strength.noise, rng);
        case Corruption::blur:
            return plain_blur(plane, strength.blur);
        case Corruption::contrast:
            return plain_contrast(plane, strength.contrast);
        case Corruption::pixelate:
            return plain_pixelate(plane, strength.block);
        case Corruption::rotation:
            break;
    }
    return plain_rotate(plane, side * strength.degrees);
}

// Pixels in 0..1 of an image, before they are cut off and rounded.
std::vector<double> plain_image(const data::LabeledImages& set, std::int64_t i, Corruption corruption, int severity, std::uint64_t seed) {
    Rng rng = Rng{seed}.fork(static_cast<std::uint64_t>(i));
    const double side = corruption == Corruption::rotation && rng.uniform() < 0.5 ? -1 : 1;
    const std::vector<double> all = set.images().to_vector();
    const double white = set.images().dtype() == DType::u8 ? 255 : 1;
    const auto height = static_cast<std::size_t>(set.height()), width = static_cast<std::size_t>(set.width());
    std::size_t at = static_cast<std::size_t>(i * set.channels()) * height * width;
    std::vector<double> out;
    for (std::int64_t c = 0; c < set.channels(); ++c) {
        Plane plane(height, std::vector<double>(width));
        for (auto& row : plane)
            for (double& pixel : row) pixel = all[at++] / white;
        for (const auto& row : plain(plane, corruption, severity, side, rng)) out.insert(out.end(), row.begin(), row.end());
    }
    return out;
}

data::LabeledImages odd_images(std::int64_t count, DType dtype) {
    Rng rng{11};
    Tensor images = empty({count, 2, 9, 11}, DType::u8);
    for (std::int64_t i = 0; i < images.numel(); ++i) images.fresh_data<std::uint8_t>()[i] = static_cast<std::uint8_t>(rng.below(256));
    Tensor floats = images.to(DType::f32);
    for (float& pixel : floats.mutable_data<float>()) pixel /= 256;
    return {dtype == DType::u8 ? images : floats, zeros({count}, DType::i64), 1};
}

}  // namespace

TEST_CASE("every corruption at every severity is that of plain loops: bytes rounded to the nearest, numbers cut off at 0 and 1") {
    const Corruption corruption = GENERATE(from_range(data::all_corruptions()));
    const int severity = GENERATE(1, 2, 3, 4, 5);
    INFO(data::to_string(corruption) << " at " << severity);
    const data::LabeledImages bytes = odd_images(4, DType::u8), floats = odd_images(4, DType::f32);
    const Tensor of_bytes = data::corrupt_images(bytes, {.corruption = corruption, .severity = severity, .seed = 21}).images();
    const Tensor of_floats = data::corrupt_images(floats, {.corruption = corruption, .severity = severity, .seed = 21}).images();
    CHECK(of_floats.dtype() == DType::f32);
    const std::vector<double> got = of_bytes.to_vector(), numbers = of_floats.to_vector();
    for (std::int64_t i = 0; i < 4; ++i) {
        const std::vector<double> expected = plain_image(bytes, i, corruption, severity, 21),
                                  expected_numbers = plain_image(floats, i, corruption, severity, 21);
        for (std::size_t j = 0; j < expected.size(); ++j) {
            const std::size_t at = static_cast<std::size_t>(i) * expected.size() + j;
            const double exact = 255 * std::min(std::max(expected[j], 0.0), 1.0);
            REQUIRE(std::abs(got[at] - exact) <= 0.5 + 1e-9);
            REQUIRE(numbers[at] == Approx(std::min(std::max(expected_numbers[j], 0.0), 1.0)).margin(1e-6));
        }
    }
}

TEST_CASE("a corrupted image depends on its index and the seed, beyond any number that is worked on at once") {
    const data::LabeledImages set = odd_images(131, DType::u8);
    const std::vector<double> got = data::corrupt_images(set, {}).images().to_vector();
    for (const std::int64_t i : {0, 63, 64, 65, 127, 128, 130}) {
        const std::vector<double> expected = plain_image(set, i, Corruption::noise, 3, 0);
        for (std::size_t j = 0; j < expected.size(); ++j)
            REQUIRE(std::abs(got[static_cast<std::size_t>(i) * expected.size() + j] - 255 * std::min(std::max(expected[j], 0.0), 1.0)) <= 0.5 + 1e-9);
    }
    // Noise at severity 3 with seed 0 is what is asked for by default.
    const data::CorruptionOptions options;
    CHECK((options.corruption == Corruption::noise && options.severity == 3 && options.seed == 0));
}

TEST_CASE("rotation turns to both sides, the whole image to one") {
    const data::LabeledImages set = odd_images(40, DType::u8);
    int to_the_left = 0;
    for (std::uint64_t i = 0; i < 40; ++i) to_the_left += Rng{21}.fork(i).uniform() < 0.5 ? 1 : 0;
    CHECK(to_the_left > 5);
    CHECK(to_the_left < 35);
    const std::vector<double> got = data::corrupt_images(set, {.corruption = Corruption::rotation, .severity = 2, .seed = 21}).images().to_vector();
    for (std::int64_t i = 0; i < 40; ++i) {
        const std::vector<double> expected = plain_image(set, i, Corruption::rotation, 2, 21);
        for (std::size_t j = 0; j < expected.size(); ++j)
            REQUIRE(std::abs(got[static_cast<std::size_t>(i) * expected.size() + j] - 255 * expected[j]) <= 0.5 + 1e-9);
    }
}

TEST_CASE("corruptions are listed in their order, keep the class names, and refuse severities below 1 and numbers without a name") {
    CHECK(data::all_corruptions() ==
          std::vector<Corruption>{Corruption::noise, Corruption::blur, Corruption::contrast, Corruption::pixelate, Corruption::rotation});
    const std::vector<std::string> names{"noise", "blur", "contrast", "pixelate", "rotation"};
    for (std::size_t i = 0; i < names.size(); ++i) CHECK(data::to_string(data::all_corruptions()[i]) == names[i]);
    const data::LabeledImages set(zeros({1, 1, 2, 2}, DType::u8), zeros({1}, DType::i64), 2, {"cat", "dog"});
    CHECK(data::corrupt_images(set, {}).class_names() == std::vector<std::string>{"cat", "dog"});
    CHECK(data::corrupt_images(set, {}).classes() == 2);
    CHECK_THROWS_WITH(data::corrupt_images(set, {.severity = 0}), "[corrupt_images] expected a severity in 1..5, got 0");
    CHECK_NOTHROW(data::corrupt_images(set, {.severity = 5}));
    CHECK_THROWS_WITH(data::to_string(static_cast<Corruption>(17)), "[corruption] expected a known corruption, got number 17");
}

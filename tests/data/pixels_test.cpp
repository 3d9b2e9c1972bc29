#include "data/random_sets.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/data/loader/loader.h>
#include <knoll/data/pixels.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <numeric>

using namespace knoll;

namespace {

Tensor all_bytes() {
    Tensor bytes = empty({1, 1, 16, 16}, DType::u8);
    auto* pixels = bytes.fresh_data<std::uint8_t>();
    for (int value = 0; value < 256; ++value) pixels[value] = static_cast<std::uint8_t>(value);
    return bytes;
}

}  // namespace

TEST_CASE("a byte counts its 255th, rounded once, for a loader and for all else") {
    const data::LabeledImages set(all_bytes(), zeros({1}, DType::i64), 1);
    data::Loader loader{set, {}};
    const std::vector<double> loaded = loader.begin()->images.to_vector(), seen = data::in_unit_range(set.images()).to_vector();
    int other_as_product = 0;
    for (int value = 0; value < 256; ++value) {
        const auto byte = static_cast<std::uint8_t>(value);
        const auto right = static_cast<float>(static_cast<long double>(value) / 255.0L);
        CHECK(data::brightness<float>(byte) == right);
        CHECK(data::brightness<double>(byte) == value / 255.0);
        CHECK(loaded[static_cast<std::size_t>(value)] == static_cast<double>(right));
        CHECK(seen[static_cast<std::size_t>(value)] == static_cast<double>(right));
        CHECK(data::to_byte(static_cast<double>(right)) == value);
        other_as_product += static_cast<float>(value) * static_cast<float>(1.0 / 255) != right ? 1 : 0;
    }
    CHECK(other_as_product > 100);
}

TEST_CASE("brightness becomes the nearest byte, and is cut off below 0 and above 1") {
    CHECK(data::to_byte(0.4999 / 255) == 0);
    CHECK(data::to_byte(0.5 / 255) == 1);
    CHECK(data::to_byte(254.4999 / 255) == 254);
    CHECK(data::to_byte(254.51 / 255) == 255);
    CHECK(data::to_byte(-3) == 0);
    CHECK(data::to_byte(1.1) == 255);
}

TEST_CASE("images that are no bytes stay as they are") {
    const Tensor images = tensor({{0.25, -3}, {7, 1}});
    CHECK(data::in_unit_range(images).to_vector() == images.to_vector());
    CHECK(data::in_unit_range(images.to(DType::f64)).dtype() == DType::f32);
    CHECK(data::in_unit_range(zeros({0, 1, 2, 2}, DType::u8)).shape() == Shape({0, 1, 2, 2}));
    CHECK(to_string(data::in_unit_range(all_bytes()).shape()) == "[1, 1, 16, 16]");
}

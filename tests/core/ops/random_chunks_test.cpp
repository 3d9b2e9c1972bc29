// Random tensors of several chunks, element by element from the generator's numbers: whatever the chunk, element i is number i.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/rng.h>
#include <catch2/catch.hpp>

#include <numbers>

using namespace knoll;

namespace {

// The generator's numbers from where it stands, each drawn on its own; numbers of 53 bits in [0, 1).
Doubles uniform_numbers_of(Rng rng, std::int64_t count) {
    Doubles values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(rng.next() >> 11) * 0x1p-53);
    return values;
}

}  // namespace

TEST_CASE("uniform, normal and Bernoulli numbers and dropout of several chunks are those of the generator, one by one", "[chunks]") {
    // A chunk has 2048 numbers.
    for (const std::int64_t count : {1, 2047, 2048, 2049, 4096, 7001})
        for (const std::uint64_t position : {0U, 1U, 77U})
            for (const DType dtype : {DType::f32, DType::f64}) {
                CAPTURE(count, position, to_string(dtype));
                const auto generator = [&] {
                    Rng rng{17, 3};
                    rng.set_position(position);
                    return rng;
                };
                const Doubles numbers = uniform_numbers_of(generator(), count + 1);
                const auto each = [&](const auto& f) {
                    Doubles values;
                    for (std::int64_t i = 0; i < count; ++i) values.push_back(f(numbers[static_cast<std::size_t>(i)]));
                    return values;
                };
                const auto drawn_all = static_cast<std::uint64_t>(count) + position;
                Rng rng = generator();
                // As many leading bits as the type holds.
                const double steps = dtype == DType::f32 ? 0x1p24 : 0x1p53;
                CHECK(rand({count}, rng, dtype).to_vector() == each([=](double number) { return std::floor(number * steps) / steps; }));
                CHECK(rng.position() == drawn_all);

                rng = generator();
                CHECK(bernoulli({count}, 0.3, rng, dtype).to_vector() == each([](double number) { return number < 0.3 ? 1.0 : 0.0; }));
                CHECK(rng.position() == drawn_all);

                rng = generator();
                const Tensor x = drawn({count}, dtype, 1).set_requires_grad();
                const Tensor dropped = dropout(x, 0.25, rng);
                CHECK(rng.position() == drawn_all);
                const Doubles values = x.to_vector();
                Doubles expected = each([](double number) { return number < 0.25 ? 0.0 : 1 / 0.75; }), slopes = expected;
                for (std::size_t i = 0; i < expected.size(); ++i) expected[i] *= values[i];
                check_near("dropout", dropped, expected, dtype == DType::f32 ? 1e-7 : 1e-15);
                check_near("gradient of dropout", grad(sum(dropped), x), slopes, dtype == DType::f32 ? 1e-7 : 1e-15);

                rng = generator();
                Doubles normal;
                for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
                    const double radius = std::sqrt(-2 * std::log(1 - numbers[i - i % 2])), angle = 2 * std::numbers::pi * numbers[i - i % 2 + 1];
                    normal.push_back(radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle)));
                }
                check_near("normal numbers", randn({count}, rng, dtype), normal, dtype == DType::f32 ? 1e-7 : 1e-13);
                CHECK(rng.position() == drawn_all + static_cast<std::uint64_t>(count % 2));
            }
}

TEST_CASE("drawing without replacement is the front of a shuffle, and each draw one number of the generator", "[chunks]") {
    for (const auto& [count, draws] : {std::pair<std::int64_t, std::int64_t>{5, 5}, {5000, 5000}, {5000, 71}, {7, 0}}) {
        CAPTURE(count, draws);
        Rng rng{5}, same{5};
        std::vector<double> deck;
        for (std::int64_t i = 0; i < count; ++i) deck.push_back(static_cast<double>(i));
        for (std::int64_t i = 0; i < draws; ++i) std::swap(deck[static_cast<std::size_t>(i)], deck[static_cast<std::size_t>(i + same.index_below(count - i))]);
        deck.resize(static_cast<std::size_t>(draws));
        CHECK(choice(count, draws, false, rng).to_vector() == deck);
        CHECK(rng.position() == same.position());
    }
    Rng rng{6}, same{6};
    Doubles repeated;
    for (int i = 0; i < 100; ++i) repeated.push_back(static_cast<double>(same.index_below(9)));
    CHECK(choice(9, 100, true, rng).to_vector() == repeated);
}

#include <knoll/core/error.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/rng.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace knoll {

namespace {

constexpr std::uint32_t low(std::uint64_t number) { return static_cast<std::uint32_t>(number); }
constexpr std::uint32_t high(std::uint64_t number) { return static_cast<std::uint32_t>(number >> 32); }
constexpr std::uint64_t join(std::uint32_t low, std::uint32_t high) { return low | static_cast<std::uint64_t>(high) << 32; }

using Block = std::array<std::uint32_t, 4>;
using Key = std::array<std::uint32_t, 2>;
using Pair = std::array<std::uint64_t, 2>;

constexpr int rounds = 10;

[[gnu::always_inline]] inline Block philox_round(const Block& counter, const Key& key) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57} * counter[2];
    return {high(second) ^ counter[1] ^ key[0], low(second), high(first) ^ counter[3] ^ key[1], low(first)};
}

[[gnu::always_inline]] inline Key next_key(const Key& key) { return {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85}; }

// Two 64-bit numbers from one block.
Pair draw_pair(std::uint64_t block, std::uint64_t stream, std::uint64_t seed) {
    const Block words = philox({low(block), high(block), low(stream), high(stream)}, {low(seed), high(seed)});
    return {join(words[0], words[1]), join(words[2], words[3])};
}

constexpr std::uint64_t lanes = 32;  // more than GCC unrolls, which would keep it from vectorising

// The pairs of `lanes` blocks from `first` on. All go through a round together, so that the rounds are vectorised.
void draw_pairs(std::uint64_t first, std::uint64_t stream, std::uint64_t seed, std::uint64_t* numbers) {
    kernels::run_vectorized([=] {
        std::array<std::uint32_t, lanes> a, b, c, d;
        for (std::uint64_t i = 0; i < lanes; ++i) {
            a[i] = low(first + i);
            b[i] = high(first + i);
            c[i] = low(stream);
            d[i] = high(stream);
        }
        Key key = {low(seed), high(seed)};
        for (int round = 0; round < rounds; ++round) {
            for (std::uint64_t i = 0; i < lanes; ++i) {
                const Block words = philox_round({a[i], b[i], c[i], d[i]}, key);
                a[i] = words[0];
                b[i] = words[1];
                c[i] = words[2];
                d[i] = words[3];
            }
            key = next_key(key);
        }
        for (std::uint64_t i = 0; i < lanes; ++i) {
            numbers[2 * i] = join(a[i], b[i]);
            numbers[2 * i + 1] = join(c[i], d[i]);
        }
    });
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < rounds; ++round) {
        counter = philox_round(counter, key);
        key = next_key(key);
    }
    return counter;
}

Rng Rng::fork(std::uint64_t index) const {
    // Another key than the numbers of this stream are drawn with, so that no fork is made of them.
    const Pair pair = draw_pair(index, stream_, ~seed_);
    return Rng{pair[0], pair[1]};
}

std::uint64_t Rng::peek(std::uint64_t offset) const {
    const std::uint64_t index = position_ + offset;
    return draw_pair(index / 2, stream_, seed_)[index % 2];
}

void Rng::peek(std::uint64_t offset, std::span<std::uint64_t> numbers) const {
    std::size_t i = 0;
    const auto take_one = [&] {
        numbers[i] = peek(offset + i);
        ++i;
    };
    if ((position_ + offset) % 2 == 1 && !numbers.empty()) take_one();
    for (; numbers.size() - i >= 2 * lanes; i += 2 * lanes) draw_pairs((position_ + offset + i) / 2, stream_, seed_, &numbers[i]);
    while (i < numbers.size()) take_one();
}

std::uint64_t Rng::next() {
    const std::uint64_t number = peek(0);
    ++position_;
    return number;
}

double Rng::uniform() { return to_uniform(next()); }

double Rng::normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));  // 1 - uniform() is never 0
    return radius * std::cos(2 * std::numbers::pi * uniform());
}

std::uint64_t Rng::below(std::uint64_t bound) {
    require<ValueError>(bound > 0, "[below] expected a bound of at least 1, got 0");
    // Numbers past the last whole multiple of the bound would favour small remainders.
    constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t last = largest - (largest % bound + 1) % bound;
    std::uint64_t number = next();
    while (number > last) number = next();
    return number % bound;
}

std::int64_t Rng::index_below(std::int64_t bound) {
    require<ValueError>(bound > 0, "[index_below] expected a bound of at least 1, got ", bound);
    return static_cast<std::int64_t>(below(static_cast<std::uint64_t>(bound)));
}

}  // namespace knoll

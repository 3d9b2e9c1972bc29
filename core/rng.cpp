#include <knoll/core/error.h>
#include <knoll/core/rng.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace knoll {

namespace {

constexpr std::uint32_t low(std::uint64_t number) { return static_cast<std::uint32_t>(number); }
constexpr std::uint32_t high(std::uint64_t number) { return static_cast<std::uint32_t>(number >> 32); }
constexpr std::uint64_t join(std::uint32_t low, std::uint32_t high) { return low | static_cast<std::uint64_t>(high) << 32; }

using Pair = std::array<std::uint64_t, 2>;

// Two 64-bit numbers from one block.
Pair draw_pair(std::uint64_t block, std::uint64_t stream, std::uint64_t seed) {
    const auto words = philox({low(block), high(block), low(stream), high(stream)}, {low(seed), high(seed)});
    return {join(words[0], words[1]), join(words[2], words[3])};
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
        const std::uint64_t second = std::uint64_t{0xCD9E8D57} * counter[2];
        counter = {high(second) ^ counter[1] ^ key[0], low(second), high(first) ^ counter[3] ^ key[1], low(first)};
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
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
    std::uint64_t index = position_ + offset;
    for (std::size_t i = 0; i < numbers.size();) {
        const Pair pair = draw_pair(index / 2, stream_, seed_);
        for (std::uint64_t half = index % 2; half < 2 && i < numbers.size(); ++half, ++i, ++index) numbers[i] = pair[half];
    }
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

}  // namespace knoll

// Random numbers by counter (Philox 4x32-10, Salmon et al. 2011): number i of a stream is a function of (seed, stream, i)
// alone, so any thread can make any part, and a saved position is three integers.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace knoll {

/// One block of four 32-bit numbers of Philox 4x32-10.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

class Rng {
public:
    explicit Rng(std::uint64_t seed = 0, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

    std::uint64_t seed() const { return seed_; }
    std::uint64_t stream() const { return stream_; }
    /// How many 64-bit numbers have been drawn.
    std::uint64_t position() const { return position_; }
    void set_position(std::uint64_t position) { position_ = position; }

    /// A generator of its own for part `index` of something: independent of this one's position.
    Rng fork(std::uint64_t index) const;

    std::uint64_t next();
    /// Uniform in [0, 1), 53 bits.
    double uniform();
    /// Normal, mean 0 and variance 1 (Box and Muller 1958).
    double normal();
    /// Uniform among 0 .. bound-1, without bias. Throws ValueError if bound is 0.
    std::uint64_t below(std::uint64_t bound);
    /// The same of indices, which have a sign. Throws ValueError on a bound below 1.
    std::int64_t index_below(std::int64_t bound);
    bool bernoulli(double probability) { return uniform() < probability; }

    /// Number `offset` from the present position on, without moving.
    std::uint64_t peek(std::uint64_t offset) const;
    /// The same for as many numbers as fit into `numbers`.
    void peek(std::uint64_t offset, std::span<std::uint64_t> numbers) const;
    /// Moves on by so many numbers.
    void skip(std::uint64_t count) { position_ += count; }

    /// What uniform() makes of a number.
    static double to_uniform(std::uint64_t number) { return static_cast<double>(number >> 11) * 0x1p-53; }

private:
    std::uint64_t seed_;
    std::uint64_t stream_;
    std::uint64_t position_ = 0;
};

}  // namespace knoll

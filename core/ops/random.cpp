#include <knoll/core/kernels/simd.h>
#include <knoll/core/kernels/trigonometry.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

namespace knoll {

namespace {

constexpr std::int64_t random_grain = 2048;  // even, so that a pair of normal numbers is never cut

// Calls body(numbers, begin, count) for the generator's next `count` numbers, in chunks, and moves it past them.
template <class Body>
void draw(std::int64_t count, Rng& rng, const Body& body) {
    parallel_for(count, random_grain, [&](std::int64_t begin, std::int64_t end) {
        std::array<std::uint64_t, random_grain> buffer;
        const auto numbers = std::span(buffer).first(static_cast<std::size_t>(end - begin));
        rng.peek(static_cast<std::uint64_t>(begin), numbers);
        body(numbers, begin);
    });
    rng.skip(static_cast<std::uint64_t>(count));
}

// A tensor whose element i is f(number i).
template <class T, class F>
Tensor from_numbers(const Shape& shape, Rng& rng, const F& f) {
    Tensor out = empty(shape, dtype_of<T>());
    T* values = out.fresh_data<T>();
    draw(out.numel(), rng, [&](std::span<const std::uint64_t> numbers, std::int64_t begin) {
        kernels::run_vectorized([=, into = values + begin] {
            for (std::size_t i = 0; i < numbers.size(); ++i) into[i] = f(numbers[i]);
        });
    });
    return out;
}

// The bound on a number's leading 53 bits below which Rng::to_uniform() is below the probability. Whole numbers are compared
// because AVX2 converts none.
std::int64_t threshold(double probability) { return static_cast<std::int64_t>(std::ceil(probability * 0x1p53)); }
bool is_below(std::uint64_t number, std::int64_t threshold) { return static_cast<std::int64_t>(number >> 11) < threshold; }

// Pairs of independent normal numbers from pairs of uniform ones (Box and Muller 1958).
template <class T>
void to_normal(std::span<const std::uint64_t> numbers, T* values) {
    std::array<double, random_grain> uniform;
    for (std::size_t i = 0; i < numbers.size(); ++i) uniform[i] = Rng::to_uniform(numbers[i]);
    kernels::run_vectorized([values, from = uniform.data(), pairs = numbers.size() / 2] {
        for (std::size_t i = 0; i < pairs; ++i) {
            const double radius = kernels::sqrt(-2 * kernels::log(1 - from[2 * i]));
            const double angle = 2 * std::numbers::pi * from[2 * i + 1];
            values[2 * i] = static_cast<T>(radius * kernels::cos(angle));
            values[2 * i + 1] = static_cast<T>(radius * kernels::sin(angle));
        }
    });
}

void require_probability(const char* op, double probability) {
    require<ValueError>(probability >= 0 && probability <= 1, "[", op, "] expected a probability from 0 to 1, got ", probability);
}

}  // namespace

Tensor rand(const Shape& shape, Rng& rng, DType dtype) {
    require_extents("rand", shape);
    return visit_floating("rand", dtype, [&](auto zero) {
        using T = decltype(zero);
        // As many leading bits as the type holds, so that nothing rounds up to 1.
        if constexpr (std::is_same_v<T, float>)
            return from_numbers<T>(shape, rng, [](std::uint64_t number) { return static_cast<float>(static_cast<std::int32_t>(number >> 40)) * 0x1p-24F; });
        else
            return from_numbers<T>(shape, rng, [](std::uint64_t number) { return Rng::to_uniform(number); });
    });
}

Tensor randn(const Shape& shape, Rng& rng, DType dtype) {
    require_extents("randn", shape);
    Tensor out = empty(shape, dtype);
    const std::int64_t count = out.numel();
    visit_floating("randn", dtype, [&](auto zero) {
        using T = decltype(zero);
        T* values = out.fresh_data<T>();
        draw(count + count % 2, rng, [&](std::span<const std::uint64_t> numbers, std::int64_t begin) {
            std::array<T, random_grain> normal;
            to_normal(numbers, normal.data());
            std::copy_n(normal.data(), std::min<std::int64_t>(std::ssize(numbers), count - begin), values + begin);
        });
    });
    return out;
}

Tensor bernoulli(const Shape& shape, double probability, Rng& rng, DType dtype) {
    require_extents("bernoulli", shape);
    require_probability("bernoulli", probability);
    return visit(dtype, [&](auto zero) {
        using T = decltype(zero);
        return from_numbers<T>(shape, rng, [bound = threshold(probability)](std::uint64_t number) { return is_below(number, bound) ? T(1) : T(0); });
    });
}

Tensor permutation(std::int64_t count, Rng& rng) {
    require<ValueError>(count >= 0, "[permutation] expected a count of 0 or more, got ", count);
    return choice(count, count, false, rng);
}

Tensor choice(std::int64_t count, std::int64_t draws, bool replacement, Rng& rng) {
    require<ValueError>(count >= 0 && draws >= 0, "[choice] expected counts of 0 or more, got ", draws, " draws from ", count);
    require<ValueError>(draws == 0 || count > 0, "[choice] expected something to draw from, got a count of 0 for ", draws, " draws");
    require<ValueError>(replacement || draws <= count, "[choice] expected at most ", count, " draws from ", count, ", got ", draws,
                        "; pass replacement = true to draw an index more than once");
    const auto below = [&](std::int64_t bound) { return static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(bound))); };
    Tensor out = empty({draws}, DType::i64);
    auto* drawn = out.fresh_data<std::int64_t>();
    if (replacement) {
        for (std::int64_t i = 0; i < draws; ++i) drawn[i] = below(count);
        return out;
    }
    // The first steps of a Fisher-Yates shuffle.
    std::vector<std::int64_t> deck(static_cast<std::size_t>(count));
    std::iota(deck.begin(), deck.end(), std::int64_t{0});
    for (std::int64_t i = 0; i < draws; ++i) {
        std::swap(deck[static_cast<std::size_t>(i)], deck[static_cast<std::size_t>(i + below(count - i))]);
        drawn[i] = deck[static_cast<std::size_t>(i)];
    }
    return out;
}

Tensor dropout(const Tensor& a, double probability, Rng& rng, bool training) {
    require_probability("dropout", probability);
    if (!training || probability == 0) return a;
    const double kept_scale = probability < 1 ? 1 / (1 - probability) : 0;
    const Tensor mask = visit_floating("dropout", a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T scale = static_cast<T>(kept_scale);
        return from_numbers<T>(a.shape(), rng,
                               [scale, bound = threshold(probability)](std::uint64_t number) { return is_below(number, bound) ? T(0) : scale; });
    });
    return a * mask;
}

}  // namespace knoll

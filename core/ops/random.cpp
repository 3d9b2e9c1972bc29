#include <knoll/core/kernels/trigonometry.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/parallel.h>

#include <array>
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

// A tensor whose element i is f(uniform number i).
template <class T, class F>
Tensor from_uniform(const Shape& shape, Rng& rng, const F& f) {
    Tensor out = empty(shape, dtype_of<T>());
    T* values = out.fresh_data<T>();
    draw(out.numel(), rng, [&](std::span<const std::uint64_t> numbers, std::int64_t begin) {
        for (std::size_t i = 0; i < numbers.size(); ++i) values[begin + static_cast<std::int64_t>(i)] = f(numbers[i]);
    });
    return out;
}

void require_probability(const char* op, double probability) {
    require<ValueError>(probability >= 0 && probability <= 1, "[", op, "] expected a probability from 0 to 1, got ", probability);
}

}  // namespace

Tensor rand(const Shape& shape, Rng& rng, DType dtype) {
    return visit_floating("rand", dtype, [&](auto zero) {
        using T = decltype(zero);
        // As many leading bits as the type holds, so that nothing rounds up to 1.
        if constexpr (std::is_same_v<T, float>)
            return from_uniform<T>(shape, rng, [](std::uint64_t number) { return static_cast<float>(number >> 40) * 0x1p-24F; });
        else
            return from_uniform<T>(shape, rng, Rng::to_uniform);
    });
}

Tensor randn(const Shape& shape, Rng& rng, DType dtype) {
    Tensor out = empty(shape, dtype);
    const std::int64_t count = out.numel();
    visit_floating("randn", dtype, [&](auto zero) {
        using T = decltype(zero);
        T* values = out.fresh_data<T>();
        draw(count + count % 2, rng, [&](std::span<const std::uint64_t> numbers, std::int64_t begin) {
            for (std::size_t i = 0; i < numbers.size(); i += 2) {
                const double radius = kernels::sqrt(-2 * kernels::log(1 - Rng::to_uniform(numbers[i])));
                const double angle = 2 * std::numbers::pi * Rng::to_uniform(numbers[i + 1]);
                const std::int64_t at = begin + static_cast<std::int64_t>(i);
                values[at] = static_cast<T>(radius * kernels::cos(angle));
                if (at + 1 < count) values[at + 1] = static_cast<T>(radius * kernels::sin(angle));
            }
        });
    });
    return out;
}

Tensor bernoulli(const Shape& shape, double probability, Rng& rng, DType dtype) {
    require_probability("bernoulli", probability);
    return visit(dtype, [&](auto zero) {
        using T = decltype(zero);
        return from_uniform<T>(shape, rng, [=](std::uint64_t number) { return static_cast<T>(Rng::to_uniform(number) < probability); });
    });
}

Tensor permutation(std::int64_t count, Rng& rng) { return choice(count, count, false, rng); }

Tensor choice(std::int64_t count, std::int64_t draws, bool replacement, Rng& rng) {
    require<ValueError>(count >= 0 && draws >= 0, "[choice] expected counts of 0 or more, got ", draws, " draws from ", count);
    require<ValueError>(draws == 0 || (replacement ? count > 0 : draws <= count), "[choice] expected at most ", count, " draws from ", count, ", got ", draws,
                        replacement ? "" : "; pass replacement = true to draw an index more than once");
    const auto below = [&](std::int64_t bound) { return static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(bound))); };
    Tensor out = empty({draws}, DType::i64);
    std::int64_t* drawn = out.fresh_data<std::int64_t>();
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
        return from_uniform<T>(a.shape(), rng, [=](std::uint64_t number) { return Rng::to_uniform(number) < probability ? T(0) : scale; });
    });
    return a * mask;
}

}  // namespace knoll

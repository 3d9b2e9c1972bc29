// Winograd's minimal filtering F(4x4, 3x3) (Winograd 1980; Lavin and Gray 2016, arXiv 1509.09308): sixteen neighbouring results of
// a 3x3 correlation from 36 products instead of 144. Along one dimension, the results y[0..3] of d[0..5] with g[0..2] are
//
//     y = A' [(G g) * (B' d)]
//
// where * multiplies element by element: polynomials are evaluated at six points, multiplied there, and interpolated. In two
// dimensions each matrix is applied to columns and to rows. The sum is bilinear in d and g, so with upstream gradients h of y
//
//     gradient of g = G' [(A h) * (B' d)]
//
// The points are 0, +-a, +-b and infinity, with a = 1/sqrt(2) and b = sqrt(2): their powers stay near 1, and rounding errors below
// those of the textbook's 0, +-1, +-2.
//
// All functions work on numbers or on vectors of them, which stand for neighbouring channels.
#pragma once

#include <knoll/core/kernels/simd.h>

#include <cstdint>

namespace knoll::kernels::winograd {

constexpr std::int64_t outputs = 4;  // along each side of a tile
constexpr std::int64_t taps = 3;
constexpr std::int64_t inputs = outputs + taps - 1;
constexpr std::int64_t points = inputs * inputs;

constexpr float a = 0.70710678F, b = 1.41421356F;
constexpr float a2 = 0.5F, b2 = 2.0F;                     // squares: their product is 1, their sum 2.5
constexpr float a3 = 0.35355339F, b3 = 2.82842712F;       // cubes
constexpr float scale_a = -2.0F / 3, scale_b = 1.0F / 6;  // 1 / (2 a2 (a2 - b2)) and 1 / (2 b2 (b2 - a2))

/// B' d: six inputs to six points.
struct InputTransform {
    static constexpr std::int64_t from = 6, to = 6;
    template <class V>
    [[gnu::always_inline]] static void apply(const V* d, std::int64_t step, V* r, std::int64_t to_step) {
        const V d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
        const V even_a = d4 - b2 * d2, odd_a = a * (d3 - b2 * d1);
        const V even_b = d4 - a2 * d2, odd_b = b * (d3 - a2 * d1);
        r[0] = d[0] - (a2 + b2) * d2 + d4;
        r[to_step] = even_a + odd_a;
        r[2 * to_step] = even_a - odd_a;
        r[3 * to_step] = even_b + odd_b;
        r[4 * to_step] = even_b - odd_b;
        r[5 * to_step] = d1 - (a2 + b2) * d3 + d[5 * step];
    }
};

/// A' m: six points to four results.
struct OutputTransform {
    static constexpr std::int64_t from = 6, to = 4;
    template <class V>
    [[gnu::always_inline]] static void apply(const V* m, std::int64_t step, V* y, std::int64_t to_step) {
        const V sum_a = m[step] + m[2 * step], difference_a = m[step] - m[2 * step];
        const V sum_b = m[3 * step] + m[4 * step], difference_b = m[3 * step] - m[4 * step];
        y[0] = m[0] + sum_a + sum_b;
        y[to_step] = a * difference_a + b * difference_b;
        y[2 * to_step] = a2 * sum_a + b2 * sum_b;
        y[3 * to_step] = a3 * difference_a + b3 * difference_b + m[5 * step];
    }
};

/// A h, its transpose: four upstream gradients to six points.
struct UpstreamTransform {
    static constexpr std::int64_t from = 4, to = 6;
    template <class V>
    [[gnu::always_inline]] static void apply(const V* h, std::int64_t step, V* m, std::int64_t to_step) {
        const V even_a = h[0] + a2 * h[2 * step], odd_a = a * h[step] + a3 * h[3 * step];
        const V even_b = h[0] + b2 * h[2 * step], odd_b = b * h[step] + b3 * h[3 * step];
        m[0] = h[0];
        m[to_step] = even_a + odd_a;
        m[2 * to_step] = even_a - odd_a;
        m[3 * to_step] = even_b + odd_b;
        m[4 * to_step] = even_b - odd_b;
        m[5 * to_step] = h[3 * step];
    }
};

/// G g: three weights to six points.
struct WeightTransform {
    static constexpr std::int64_t from = 3, to = 6;
    template <class V>
    [[gnu::always_inline]] static void apply(const V* g, std::int64_t step, V* r, std::int64_t to_step) {
        const V even_a = scale_a * (g[0] + a2 * g[2 * step]), odd_a = (scale_a * a) * g[step];
        const V even_b = scale_b * (g[0] + b2 * g[2 * step]), odd_b = (scale_b * b) * g[step];
        r[0] = g[0];
        r[to_step] = even_a + odd_a;
        r[2 * to_step] = even_a - odd_a;
        r[3 * to_step] = even_b + odd_b;
        r[4 * to_step] = even_b - odd_b;
        r[5 * to_step] = g[2 * step];
    }
};

/// G' r, its transpose: six points to three gradients of weights.
struct WeightGradientTransform {
    static constexpr std::int64_t from = 6, to = 3;
    template <class V>
    [[gnu::always_inline]] static void apply(const V* r, std::int64_t step, V* g, std::int64_t to_step) {
        const V sum_a = scale_a * (r[step] + r[2 * step]), difference_a = (scale_a * a) * (r[step] - r[2 * step]);
        const V sum_b = scale_b * (r[3 * step] + r[4 * step]), difference_b = (scale_b * b) * (r[3 * step] - r[4 * step]);
        g[0] = r[0] + sum_a + sum_b;
        g[to_step] = difference_a + difference_b;
        g[2 * to_step] = a2 * sum_a + b2 * sum_b + r[5 * step];
    }
};

/// A square of from x from values to one of to x to: first every column, then every row.
template <class Transform, class V>
[[gnu::always_inline]] inline void transform_square(const V* from, V* to) {
    V columns[Transform::to * Transform::from];
#pragma GCC unroll 6
    for (std::int64_t j = 0; j < Transform::from; ++j) Transform::apply(from + j, Transform::from, columns + j, Transform::from);
#pragma GCC unroll 6
    for (std::int64_t i = 0; i < Transform::to; ++i) Transform::apply(columns + i * Transform::from, 1, to + i * Transform::to, 1);
}

}  // namespace knoll::kernels::winograd

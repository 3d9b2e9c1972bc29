#include <knoll/core/kernels/normal.h>
#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/unary.h>
#include <knoll/core/record.h>

#include <limits>
#include <numbers>

namespace knoll {

Tensor sigmoid(const Tensor& a) {
    // y * (1 - y) would lose all digits where y is near 1.
    return record("sigmoid", map_floating("sigmoid", a, [](auto x) { return kernels::sigmoid(x); }),
                  gradient(a, [a = Saved(a)](const Tensor& g, const Tensor& y) { return g * y * sigmoid(-a.get()); }));
}

Tensor log_sigmoid(const Tensor& a) {
    return record("log_sigmoid", map_floating("log_sigmoid", a, [](auto x) { return kernels::log_sigmoid(x); }),
                  gradient(a, [a = Saved(a)](const Tensor& g) { return g * sigmoid(-a.get()); }));
}

Tensor softplus(const Tensor& a) {
    return record("softplus", map_floating("softplus", a, [](auto x) { return kernels::softplus(x); }),
                  gradient(a, [a = Saved(a)](const Tensor& g) { return g * sigmoid(a); }));
}

namespace {

// g where x is positive, slope * g elsewhere: linear in g, so it is its own gradient, and of no slope in x.
Tensor scale_by_side(const Tensor& g, const Tensor& x, double slope) {
    Tensor out = empty(g.shape(), g.dtype());
    visit_floating("leaky_relu", g.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::map_binary<T, T>(g, x, out, [factor = static_cast<T>(slope)](T value, T side) {
            const T scaled = factor == T(0) ? T(0) : factor * value;  // 0 for an infinite value too
            return side > T(0) ? value : scaled;
        });
    });
    return record("scale_by_side", std::move(out), gradient(g, [x = Saved(x.detach()), slope](const Tensor& gg) { return scale_by_side(gg, x, slope); }));
}

}  // namespace

Tensor relu(const Tensor& a) {
    // Written so that NaN stays NaN. The result is positive where a is, and is kept alive by the next op anyway.
    return record("relu", map_floating("relu", a, [](auto x) { return x < decltype(x)(0) ? decltype(x)(0) : x; }),
                  gradient(a, [](const Tensor& g, const Tensor& y) { return scale_by_side(g, y, 0.0); }));
}

Tensor leaky_relu(const Tensor& a, double slope) {
    return record("leaky_relu", scale_by_side(a.detach(), a, slope),
                  gradient(a, [a = Saved(a), slope](const Tensor& g) { return scale_by_side(g, a, slope); }));
}

Tensor elu(const Tensor& a, double alpha) {
    Tensor out = map_floating("elu", a, [alpha](auto x) {
        using T = decltype(x);
        const T below = T(alpha) * kernels::expm1(x);
        return x > T(0) ? x : below;
    });
    return record("elu", std::move(out), gradient(a, [a = Saved(a), alpha](const Tensor& g) {
                      const Tensor below = clamp(a, -std::numeric_limits<double>::infinity(), 0.0);  // so that exp does not overflow
                      return where(a.get() > 0.0, g, g * (alpha * exp(below)));
                  }));
}

namespace {

// Beyond this every gate is 0 or 1, and flat.
constexpr double gate_limit = 1e15;

// x times g with x kept within limits, which hold infinities alone: where a gate is 0, so is the product, rather than NaN.
Tensor limited_product(const Tensor& x, const Tensor& g, double low, double high) {
    Tensor out = empty(x.shape(), x.dtype());
    visit_floating("gate", x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::map_binary<T, T>(x, g, out, [low = static_cast<T>(low), high = static_cast<T>(high)](T value, T factor) {
            const T raised = value < low ? low : value;
            return (raised > high ? high : raised) * factor;
        });
    });
    return record("gate", std::move(out), gradient(x, [g = Saved(g)](const Tensor& gg) { return gg * g; }),
                  gradient(g, [x = Saved(x)](const Tensor& gg) { return limited_product(x, gg, -gate_limit, gate_limit); }));
}

// a * gate for a gate of a between 0 at -infinity and 1 at infinity.
Tensor gated(const Tensor& a, const Tensor& gate) { return limited_product(a, gate, -gate_limit, std::numeric_limits<double>::infinity()); }

}  // namespace

Tensor silu(const Tensor& a) {
    require<DTypeError>(is_floating(a.dtype()), "[silu] expected f32 or f64, got ", a.dtype(), "; convert with .to(DType::f32)");
    return gated(a, sigmoid(a));
}

namespace {

// The derivative of the distribution function; its own is -a times itself, and 0 at infinity.
Tensor normal_density(const Tensor& a) {
    Tensor out = map_floating("gelu", a, [](auto x) {
        using T = decltype(x);
        constexpr T density_at_zero = T(0.5 * std::numbers::inv_sqrtpi * std::numbers::sqrt2);
        return density_at_zero * kernels::exp(T(-0.5) * (x * x));
    });
    return record("normal_density", std::move(out),
                  gradient(a, [a = Saved(a)](const Tensor& g) { return -limited_product(a, g * normal_density(a), -gate_limit, gate_limit); }));
}

Tensor normal_cdf(const Tensor& a) {
    return record("normal_cdf", map_floating("gelu", a, [](auto x) { return kernels::normal_cdf(x); }),
                  gradient(a, [a = Saved(a)](const Tensor& g) { return g * normal_density(a); }));
}

}  // namespace

Tensor gelu(const Tensor& a, GeluForm form) {
    if (form == GeluForm::exact) return gated(a, normal_cdf(a));
    // (1 + tanh(u)) / 2 = sigmoid(2 u). Past 100 either is 0 or 1, and the cube would overflow.
    require<DTypeError>(is_floating(a.dtype()), "[gelu] expected f32 or f64, got ", a.dtype(), "; convert with .to(DType::f32)");
    const Tensor x = clamp(a, -100.0, 100.0);
    return gated(a, sigmoid((std::numbers::sqrt2 * std::numbers::inv_sqrtpi * 2) * (x + 0.044715 * pow(x, 3.0))));
}

}  // namespace knoll

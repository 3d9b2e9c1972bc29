#include <knoll/core/kernels/trigonometry.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/unary.h>
#include <knoll/core/record.h>

namespace knoll {

Tensor exp(const Tensor& a) {
    return record("exp", map_floating("exp", a, [](auto x) { return kernels::exp(x); }), gradient(a, [](const Tensor& g, const Tensor& y) { return g * y; }));
}

Tensor log(const Tensor& a) {
    return record("log", map_floating("log", a, [](auto x) { return kernels::log(x); }), gradient(a, [a = Saved(a)](const Tensor& g) { return g / a; }));
}

Tensor log1p(const Tensor& a) {
    return record("log1p", map_floating("log1p", a, [](auto x) { return kernels::log1p(x); }),
                  gradient(a, [a = Saved(a)](const Tensor& g) { return g / (a + 1.0); }));
}

Tensor expm1(const Tensor& a) {
    return record("expm1", map_floating("expm1", a, [](auto x) { return kernels::expm1(x); }),
                  gradient(a, [](const Tensor& g, const Tensor& y) { return g * (y + 1.0); }));
}

Tensor sqrt(const Tensor& a) {
    return record("sqrt", map_floating("sqrt", a, [](auto x) { return kernels::sqrt(x); }),
                  gradient(a, [](const Tensor& g, const Tensor& y) { return 0.5 * g / y; }));
}

Tensor square(const Tensor& a) {
    return record("square", map_floating("square", a, [](auto x) { return x * x; }), gradient(a, [a = Saved(a)](const Tensor& g) { return 2.0 * g * a; }));
}

namespace {

Tensor sign(const Tensor& a) {
    return map_floating("sign", a, [](auto x) {
        using T = decltype(x);
        return x > T(0) ? T(1) : x < T(0) ? T(-1) : T(0);
    });
}

// The vector function, and the standard one where that does not hold.
template <class Fast, class Exact>
Tensor trigonometric(const char* op, const Tensor& a, const Fast& fast, const Exact& exact) {
    Tensor out = map_floating(op, a, fast);
    visit_floating(op, a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* x = a.data<T>().data();
        T* y = out.fresh_data<T>();
        parallel_for(a.numel(), kernels::map_grain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i)
                if (!(std::abs(x[i]) <= static_cast<T>(kernels::trigonometry_limit))) y[i] = exact(x[i]);
        });
    });
    return out;
}

}  // namespace

Tensor abs(const Tensor& a) {
    return record("abs", map_floating("abs", a, [](auto x) { return kernels::abs(x); }), gradient(a, [a = Saved(a)](const Tensor& g) { return g * sign(a); }));
}

Tensor sin(const Tensor& a) {
    Tensor out = trigonometric(
        "sin", a, [](auto x) { return kernels::sin(x); }, [](auto x) { return std::sin(x); });
    return record("sin", std::move(out), gradient(a, [a = Saved(a)](const Tensor& g) { return g * cos(a); }));
}

Tensor cos(const Tensor& a) {
    Tensor out = trigonometric(
        "cos", a, [](auto x) { return kernels::cos(x); }, [](auto x) { return std::cos(x); });
    return record("cos", std::move(out), gradient(a, [a = Saved(a)](const Tensor& g) { return -g * sin(a); }));
}

Tensor tanh(const Tensor& a) {
    return record("tanh", map_floating("tanh", a, [](auto x) { return kernels::tanh(x); }),
                  gradient(a, [](const Tensor& g, const Tensor& y) { return g * (1.0 - y * y); }));
}

}  // namespace knoll

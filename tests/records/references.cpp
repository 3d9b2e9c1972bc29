#include "records/references.h"

#include <cmath>

namespace knoll::records {

double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

double softplus_of(double x) { return x > 0.0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

// A product that is 0 where a factor that went to 0 meets an infinity, which it outpaces.
double silu_of(double x) { return x == -INFINITY ? 0.0 : x * logistic(x); }

double gelu_of(double x) { return x == -INFINITY ? 0.0 : 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }

double gelu_tanh_of(double x) {
    if (x == -INFINITY) return 0.0;
    const double inner = std::sqrt(2.0 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
    return x / (1.0 + std::exp(-2.0 * inner));
}

Naive mapped(const Naive& x, const std::function<double(double)>& f) {
    return generate(x.shape, [&](const Index& i) { return f(x[i]); });
}

}  // namespace knoll::records

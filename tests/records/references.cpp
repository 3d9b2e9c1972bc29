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

double sum_of(const std::vector<double>& values) {
    double sum = 0.0;
    for (const double value : values) sum += value;
    return sum;
}

double mean_of(const std::vector<double>& values) { return sum_of(values) / static_cast<double>(values.size()); }

double largest_of(const std::vector<double>& values) {
    double largest = values.at(0);
    for (const double value : values)
        if (std::isnan(value) || value > largest) largest = value;
    return largest;
}

Naive mapped(const Naive& x, const std::function<double(double)>& f) {
    return generate(x.shape, [&](const Index& i) { return f(x[i]); });
}

Naive rectified(const Naive& x) {
    return mapped(x, [](double value) { return value < 0.0 ? 0.0 : value; });
}

}  // namespace knoll::records

#include "records/references.h"

#include <cmath>

namespace knoll::records {

double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

double softplus_of(double x) { return x > 0.0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

Naive mapped(const Naive& x, const std::function<double(double)>& f) {
    return generate(x.shape, [&](const Index& i) { return f(x[i]); });
}

}  // namespace knoll::records

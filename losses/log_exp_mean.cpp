#include <knoll/losses/log_exp_mean.h>

#include <knoll/core/ops/ops.h>

#include <cmath>
#include <limits>

namespace knoll::losses {

namespace {

// The largest (or smallest) of each row; 0 where there is none.
Tensor extremum(const Tensor& x, const Tensor& mask, const Tensor& present, bool largest) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const Tensor found = largest ? max(where(mask, x, -infinity), 1) : min(where(mask, x, infinity), 1);
    return where(present, found, 0.0);
}

// log of the mean of exp(a), a <= 0 with a 0 in every row. Near 0 the way over expm1 keeps every digit, however small a is; far from it
// that would subtract numbers near 1, and the plain way is exact.
Tensor log_mean_exp(const Tensor& a, const Tensor& mask, const Tensor& count) {
    const Tensor less = sum(expm1(a), 1) / count;  // what is masked out has a = 0
    const Tensor near = less > -0.5;
    const Tensor exact = log1p(where(near, less, 0.0));
    const Tensor plain = log(where(near, 1.0, sum(where(mask, exp(a), 0.0), 1) / count));
    return where(near, exact, plain);
}

}  // namespace

Tensor log_exp_mean(const Tensor& x, const Tensor& mask, double g) {
    require<ValueError>(!std::isnan(g), "[log_exp_mean] expected g to be a number, got NaN");
    require<ShapeError>(x.rank() == 2 && mask.shape() == x.shape(), "[log_exp_mean] expected values [M, N] and a mask of their shape, got ", x.shape(), " and ",
                        mask.shape());
    const Tensor members = sum(mask, 1).to(x.dtype());
    const Tensor present = members > 0.0;
    if (std::isinf(g)) return extremum(x, mask, present, g > 0);
    const Tensor count = where(present, members, 1.0);
    if (g == 0) return sum(where(mask, x, 0.0), 1) / count;
    // Differences to the extremum are what the exponential is taken of. The result does not depend on it, and so it needs no gradient.
    const Tensor top = extremum(x.detach(), mask, present, g > 0);
    const Tensor differences = where(mask, x - unsqueeze(top, 1), 0.0);
    return top + log_mean_exp(g * differences, mask, count) / g;
}

}  // namespace knoll::losses

#include <knoll/nn/optim/conjugate_gradients.h>
#include <knoll/nn/optim/hessian_product.h>
#include <knoll/nn/optim/newton.h>

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/reduce.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace knoll::nn {

namespace {

constexpr int most_halvings = 30;
constexpr double enough = 1e-4;  // of the fall that the slope promises (Armijo 1966)

double inner(const Tensor& a, const Tensor& b) { return sum(a * b).item(); }
double length_of(const Tensor& a) { return vector_norm(a).item(); }

struct Point {
    Tensor at;
    double value = 0;
    Tensor gradient;
};

Point point_at(const TensorFunction& f, const Tensor& at) {
    const EnableGrad recording;
    const Tensor x = at.detach().set_requires_grad();
    const Tensor value = f(x);
    return {at, value.item(), grad(value, x)};
}

// Where conjugate gradients meet negative curvature at once, downhill is all that is known.
Tensor descent_direction(const ConjugateGradientsResult& found, const Tensor& gradient) {
    return !found.positive_definite && found.iterations == 1 ? -gradient : found.solution;
}

}  // namespace

NewtonResult minimize_by_newton(const TensorFunction& f, const Tensor& start, const NewtonOptions& options) {
    const NoGrad no_grad;
    Point now = point_at(f, start.detach().clone());
    NewtonResult result;
    for (result.steps = 0; result.steps < options.max_steps; ++result.steps) {
        const double length = length_of(now.gradient);
        if (length <= options.tolerance) break;
        // Far from the minimum an exact step is wasted.
        const ConjugateGradientsOptions solver{
            .tolerance = std::min(0.1, std::sqrt(length)), .max_iterations = options.max_products, .stop_at_negative_curvature = true};
        const ConjugateGradientsResult found = conjugate_gradients(HessianProduct{f, now.at}, -now.gradient, solver);
        result.products += found.iterations;
        const Tensor direction = descent_direction(found, now.gradient);
        const double slope = inner(direction, now.gradient);
        // Near the minimum, differences of values are lost in rounding, and the gradient tells what is better.
        const double rounding = 10 * std::numeric_limits<double>::epsilon() * std::abs(now.value);
        bool moved = false;
        double step = 1;
        for (int halving = 0; halving < most_halvings && !moved; ++halving, step /= 2) {
            Point next = point_at(f, now.at + step * direction);
            const bool falls = next.value <= now.value + enough * step * slope;
            const bool is_level = std::abs(next.value - now.value) <= rounding && length_of(next.gradient) < length;
            moved = falls || is_level;
            if (moved) now = std::move(next);
        }
        if (!moved) break;
    }
    result.solution = now.at;
    result.value = now.value;
    result.gradient_norm = length_of(now.gradient);
    result.converged = result.gradient_norm <= options.tolerance;
    return result;
}

}  // namespace knoll::nn

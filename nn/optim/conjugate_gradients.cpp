#include <knoll/nn/optim/conjugate_gradients.h>

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/scale.h>

#include <cmath>
#include <limits>

namespace knoll::nn {

namespace {

double dot(const Tensor& a, const Tensor& b) { return sum(a * b).item(); }

class DampedProduct {
public:
    DampedProduct(const TensorFunction& product, const Tensor& like, double damping) : product_(product), like_(like), damping_(damping) {}

    Tensor operator()(const Tensor& v) const {
        const Tensor result = product_(v).detach();
        require<ShapeError>(result.shape() == like_.shape(), "[conjugate_gradients] expected a product of b's shape ", like_.shape(), ", got ", result.shape());
        require<DTypeError>(result.dtype() == like_.dtype(), "[conjugate_gradients] expected a product of b's type ", like_.dtype(), ", got ", result.dtype());
        return damping_ == 0 ? result : result + damping_ * v;
    }

private:
    const TensorFunction& product_;
    const Tensor& like_;
    double damping_;
};

void require_positive(double curvature, double square, double damping, int iteration) {
    require<ValueError>(curvature > 0, "[conjugate_gradients] expected a positive definite matrix, got curvature ", curvature / square, " in iteration ",
                        iteration, "; raise the damping above ", damping - curvature / square);
}

}  // namespace

namespace {

// A power of two near b's elements where squares of them overflow or vanish; 1 elsewhere.
double scale_of(const Tensor& b) {
    const bool single = b.dtype() == DType::f32;
    const double smallest = single ? std::numeric_limits<float>::min() / std::numeric_limits<float>::epsilon()
                                   : std::numeric_limits<double>::min() / std::numeric_limits<double>::epsilon();
    const double square = dot(b, b);
    if (square >= smallest && std::isfinite(square)) return 1.0;
    return power_of_two_scale(b, {}).to_vector().front();
}

ConjugateGradientsResult solve(const DampedProduct& apply, const Tensor& b, const ConjugateGradientsOptions& options) {
    const double scale = std::sqrt(dot(b, b));
    if (scale == 0) return {.solution = zeros_like(b)};

    Tensor x = options.start.defined() ? options.start.to(b.dtype()).detach().clone() : zeros_like(b);
    Tensor r = options.start.defined() ? b.detach() - apply(x) : b.detach().clone();
    Tensor direction = r.clone();
    double square = dot(r, r);
    int iteration = 0;
    bool is_positive = true;
    while (std::sqrt(square) > options.tolerance * scale && iteration < options.max_iterations) {
        const Tensor image = apply(direction);
        const double curvature = dot(direction, image);
        ++iteration;
        if (options.stop_at_negative_curvature && curvature <= 0) {
            is_positive = false;
            break;
        }
        require_positive(curvature, dot(direction, direction), options.damping, iteration);
        const double step = square / curvature;
        x += step * direction;
        r -= step * image;
        const double before = square;
        square = dot(r, r);
        direction = r + (square / before) * direction;
    }
    const double residual = std::sqrt(square) / scale;
    return {.solution = x, .iterations = iteration, .residual = residual, .converged = residual <= options.tolerance, .positive_definite = is_positive};
}

}  // namespace

ConjugateGradientsResult conjugate_gradients(const TensorFunction& product, const Tensor& b, const ConjugateGradientsOptions& options) {
    require<DTypeError>(is_floating(b.dtype()), "[conjugate_gradients] expected b of f32 or f64, got ", b.dtype());
    require<ValueError>(options.damping >= 0 && options.tolerance >= 0 && options.max_iterations >= 0,
                        "[conjugate_gradients] expected damping, tolerance and iterations of at least 0, got ", options.damping, ", ", options.tolerance,
                        " and ", options.max_iterations);
    require<ShapeError>(!options.start.defined() || options.start.shape() == b.shape(), "[conjugate_gradients] expected a start of b's shape ", b.shape(),
                        ", got another");
    const NoGrad no_grad;
    const DampedProduct apply{product, b, options.damping};
    const double scale = scale_of(b);
    if (scale == 1.0) return solve(apply, b, options);
    ConjugateGradientsOptions scaled = options;
    if (options.start.defined()) scaled.start = options.start / scale;
    ConjugateGradientsResult result = solve(apply, b / scale, scaled);
    result.solution *= scale;
    return result;
}

}  // namespace knoll::nn

#include <knoll/apps/tasks/influence/influence_scores.h>

#include <knoll/core/ops/ops.h>
#include <knoll/losses/paired_contrastive.h>
#include <knoll/nn/optim/conjugate_gradients.h>
#include <knoll/nn/optim/hessian_product.h>
#include <knoll/nn/parameter_vector.h>

#include <cmath>

namespace knoll::apps {

namespace {

Tensor similarities_between(const Tensor& embeddings, double temperature) {
    return losses::paired_similarities(select(embeddings, 1, 0), select(embeddings, 1, 1), temperature);
}

nn::Sequential in_f64(const nn::Sequential& model) {
    nn::Sequential copy = nn::clone(model);
    copy.to(DType::f64);
    return copy;
}

std::vector<double> gradient_norms(const PairedProblem& problem, const Tensor& weights) {
    const EnableGrad recording;
    const Tensor at = weights.detach().set_requires_grad();
    const Tensor losses = losses::positive_role(problem.similarities(at));
    std::vector<double> norms;
    for (std::int64_t n = 0; n < problem.pairs(); ++n) {
        const Tensor slope = grad(select(losses, 0, n), at, {.retain_graph = true});
        norms.push_back(vector_norm(slope).item());
    }
    return norms;
}

}  // namespace

PairedProblem::PairedProblem(const nn::Sequential& model, const Tensor& train, const Tensor& validation, double temperature, double decay)
    : model_(in_f64(model)), train_(train.to(DType::f64)), validation_(validation.to(DType::f64)), temperature_(temperature), decay_(decay) {}

Tensor PairedProblem::weights() const { return nn::flatten_parameters(model_.parameters()).detach(); }

Tensor PairedProblem::similarities_of(const Tensor& images, const Tensor& weights) const {
    return similarities_between(nn::functional_call(model_, nn::unflatten_like(model_.named_parameters(), weights), images), temperature_);
}

Tensor PairedProblem::similarities(const Tensor& weights) const { return similarities_of(train_, weights); }

Tensor PairedProblem::penalised(const Tensor& similarities, const Tensor& weights) const {
    return sum(losses::positive_role(similarities)) / static_cast<double>(pairs()) + 0.5 * decay_ * sum(square(weights));
}

Tensor PairedProblem::objective(const Tensor& weights) const { return penalised(similarities(weights), weights); }

Tensor PairedProblem::objective_without(std::int64_t pair, const Tensor& weights) const {
    const Tensor others = concat({slice(train_, 0, 0, pair), slice(train_, 0, pair + 1, pairs())});
    return penalised(similarities_of(others, weights), weights);
}

Tensor PairedProblem::validation_loss(const Tensor& weights) const { return mean(losses::positive_role(similarities_of(validation_, weights))); }

const std::vector<std::string>& influence_names() {
    static const std::vector<std::string> names{"ecif", "positive_only", "gradient_norm"};
    return names;
}

Foretold foretell(const std::string& name, const PairedProblem& problem, const Tensor& weights, int max_products) {
    if (name == "gradient_norm") {
        Foretold result{.changes = gradient_norms(problem, weights)};
        for (double& change : result.changes) change = -change;
        return result;
    }
    const TensorFunction objective = [&](const Tensor& at) { return problem.objective(at); };
    const Tensor at = weights.detach().set_requires_grad();
    const Tensor slope = grad(problem.validation_loss(at), at);
    // H is symmetric, so the solution for the validation loss's gradient serves all pairs, and one product with the Jacobian of their
    // roles gives every pair's number at once.
    const nn::ConjugateGradientsResult solved = nn::conjugate_gradients(
        nn::HessianProduct(objective, weights), slope, {.tolerance = 1e-8, .max_iterations = max_products, .stop_at_negative_curvature = true});
    const bool both = name == "ecif";
    const TensorFunction roles = [&](const Tensor& parameters) {
        const Tensor s = problem.similarities(parameters);
        return both ? losses::positive_role(s) + losses::negative_role(s) : losses::positive_role(s);
    };
    const Tensor changes = jvp(roles, weights, solved.solution) / static_cast<double>(problem.pairs());
    return {.changes = changes.to_vector(), .products = solved.iterations, .residual = solved.residual};
}

double exact_change(const PairedProblem& problem, const Tensor& weights, std::int64_t pair, const nn::NewtonOptions& options) {
    const nn::NewtonResult trained = nn::minimize_by_newton([&](const Tensor& at) { return problem.objective_without(pair, at); }, weights, options);
    const NoGrad no_grad;
    return problem.validation_loss(trained.solution).item() - problem.validation_loss(weights).item();
}

}  // namespace knoll::apps

// What deleting one training pair would do to a validation loss: foretold by influence functions, and found by training again.
#pragma once

#include <knoll/core/autograd.h>
#include <knoll/nn/optim/newton.h>
#include <knoll/nn/sequential.h>

#include <cstdint>
#include <string>
#include <vector>

namespace knoll::apps {

/// A contrastive loss of pairs as a function of all weights in one vector. The objective is the sum of the pairs' losses divided by the
/// number of pairs that there were at first, plus decay / 2 times the squared length of the weights.
class PairedProblem {
public:
    /// model gives embeddings [N, 2, length]; its weights are copied in f64. images [N, C, H, W].
    PairedProblem(const nn::Sequential& model, const Tensor& train, const Tensor& validation, double temperature, double decay);

    /// The model's own weights: f64 [P].
    Tensor weights() const;
    std::int64_t pairs() const { return train_.size(0); }

    /// Similarities of all training pairs at some weights, differentiable: [N, N].
    Tensor similarities(const Tensor& weights) const;
    Tensor objective(const Tensor& weights) const;
    /// Without one pair: the others, and neither half of it among what they are told apart from.
    Tensor objective_without(std::int64_t pair, const Tensor& weights) const;
    Tensor validation_loss(const Tensor& weights) const;

private:
    Tensor similarities_of(const Tensor& images, const Tensor& weights) const;
    Tensor penalised(const Tensor& similarities, const Tensor& weights) const;

    mutable nn::Sequential model_;
    Tensor train_, validation_;
    double temperature_, decay_;
};

/// Names: ecif (both roles of a pair), positive_only, gradient_norm.
const std::vector<std::string>& influence_names();

struct Foretold {
    std::vector<double> changes;  ///< of the validation loss where a pair is deleted; what is below 0 did harm. gradient_norm: minus the norm
    int products = 0;             ///< Hessian-vector products
    double residual = 0;          ///< relative, of the system solved
};

/// weights: at a minimum of the objective. In the style of ECIF (arXiv 2411.11667): H^{-1} (grad Pos_n + grad Neg_n) / N is how the weights
/// move, Pos_n and Neg_n being the roles of pair n in losses/paired_contrastive.h.
Foretold foretell(const std::string& name, const PairedProblem& problem, const Tensor& weights, int max_products = 2000);

/// The same by training without the pair from these weights on, until nothing moves.
double exact_change(const PairedProblem& problem, const Tensor& weights, std::int64_t pair, const nn::NewtonOptions& options);

}  // namespace knoll::apps

#include <knoll/losses/role.h>

#include <knoll/core/error.h>
#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/losses/epr.h>

#include <cmath>

namespace knoll::losses {

namespace {

double logit_of(double probability) { return std::log(probability / (1.0 - probability)); }

}  // namespace

Tensor role_part(const Tensor& logits, const Tensor& others, const Tensor& labels, double k) {
    require<ShapeError>(logits.shape() == others.shape() && logits.shape() == labels.shape(), "[role] expected logits, estimates and labels of one shape, got ",
                        logits.shape(), ", ", others.shape(), " and ", labels.shape());
    const Tensor held = others.detach();
    const Tensor surprise = softplus(-logits);  // at a positive
    const Tensor observed = mean(where(labels != 0.0, surprise, 0.0));
    // 1 - q as the sigmoid of the negative logit: no small probability is rounded away.
    const Tensor agreement = mean(sigmoid(held) * surprise + sigmoid(-held) * softplus(logits));
    return 0.5 * (observed + expected_positives_penalty(logits, k) + agreement);
}

Tensor role_loss(const Tensor& logits, const Tensor& estimates, const Tensor& labels, double k) {
    return role_part(logits, estimates, labels, k) + role_part(estimates, logits, labels, k);
}

Tensor initial_estimates(const Tensor& labels, const Rng& rng) {
    Rng draws = rng;
    const Tensor undecided = logit_of(0.6) * (2.0 * rand(labels.shape(), draws) - 1.0);
    return where(labels != 0.0, logit_of(0.995), undecided);
}

}  // namespace knoll::losses

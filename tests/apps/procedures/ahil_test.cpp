#include <knoll/apps/procedures/ahil.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <knoll/losses/cross_entropy.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("the strong view learns pseudo-labels of the weak one, which takes no gradient from them") {
    Rng rng{1};
    Tensor weak = randn({6, 3}, rng, DType::f64).set_requires_grad(), strong = randn({6, 3}, rng, DType::f64).set_requires_grad();
    const Tensor shares = tensor({{1.0 / 3, 1.0 / 3, 1.0 / 3}, {2.0 / 3, 1.0 / 3, 0.0}}, DType::f64);
    const Tensor loss = apps::ahil_loss(weak, strong, shares, {.bag = 3, .classes = 3, .instance_weight = 0.7});
    const Tensor weights = losses::dual_entropy_weights(weak, shares), pseudo = argmax(weak.detach(), 1);
    const Tensor costs = losses::CrossEntropy{{}, Reduction::none}(strong, pseudo);
    CHECK(loss.item() == Approx((losses::proportion_loss(weak, shares) + 0.7 * mean(weights * costs)).item()));

    const std::vector<Tensor> slopes = grad({loss}, {weak, strong});
    check_close(slopes[0], grad(losses::proportion_loss(weak, shares), weak), 1e-12, 1e-15);
    check_close(slopes[1], (0.7 / 6) * unsqueeze(weights, 1) * (softmax(strong, 1) - one_hot(pseudo, 3, DType::f64)), 1e-12, 1e-15);
}

#include <knoll/apps/procedures/cosine_branches.h>
#include "support/close.h"
#include "support/sample.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

double norm_of(const std::vector<double>& v) {
    double total = 0;
    for (const double x : v) total += x * x;
    return std::sqrt(total);
}

// 16 x . w / (|w| + 1/32) for a row x.
double cosine_logit(const std::vector<double>& x, const std::vector<double>& w) {
    double dot = 0;
    for (std::size_t i = 0; i < x.size(); ++i) dot += x[i] * w[i];
    return 16 * dot / (norm_of(w) + 1.0 / 32);
}

std::vector<double> row_of(const Tensor& rows, std::int64_t i) { return select(rows, 0, i).to_vector(); }

}  // namespace

TEST_CASE("cosine branches compare directions, and move along what all images have in common") {
    apps::CosineBranches branches{4, 3};
    Rng rng{1};
    branches.initialize(rng);
    const Tensor first = sample({5, 4}, DType::f32) + 0.5, x = sample({2, 4}, DType::f32);
    branches(first);
    const Tensor outputs = branches(x);
    REQUIRE(outputs.shape() == Shape{2, 15});

    std::vector<double> common = (0.9 * mean(first, {0}) + mean(x, {0})).to_vector();
    check_close(branches.running, tensor(common, {4}), 1e-6, 1e-7);
    const double length = norm_of(common);
    for (double& c : common) c /= length;
    for (std::int64_t n = 0; n < 2; ++n) {
        std::vector<double> direction = row_of(x, n), without = direction, with = direction;
        const double size = norm_of(direction);
        double along = 0;
        for (std::size_t i = 0; i < 4; ++i) along += (direction[i] /= size) * common[i];
        for (std::size_t i = 0; i < 4; ++i) {
            without[i] = direction[i] - along * common[i];
            with[i] = direction[i] + 2 * along * common[i];
        }
        for (std::int64_t c = 0; c < 3; ++c) {
            const auto logit = [&](apps::Branch branch) { return apps::branch_logits(outputs, branch).at<float>(n, c); };
            CHECK(logit(apps::Branch::head) == Approx(cosine_logit(direction, row_of(branches.head, c))).margin(1e-5));
            CHECK(logit(apps::Branch::tail) == Approx(cosine_logit(direction, row_of(branches.tail, c))).margin(1e-5));
            CHECK(logit(apps::Branch::balanced) == Approx(cosine_logit(direction, row_of(branches.balanced, c))).margin(1e-5));
            CHECK(logit(apps::Branch::head_moving) == Approx(cosine_logit(without, row_of(branches.head, c))).margin(1e-5));
            CHECK(logit(apps::Branch::tail_moving) == Approx(cosine_logit(with, row_of(branches.tail, c))).margin(1e-5));
        }
    }
    branches.eval();
    check_close(branches(x), apps::branch_logits(outputs, apps::Branch::balanced), 1e-6, 1e-6);
    check_close(branches(zeros({1, 4})), zeros({1, 3}), 0, 0);  // no direction, and no NaN
    CHECK(branches.named_buffers().size() == 1);
}

TEST_CASE("an image without a direction gives cosine branches no NaN, in gradients neither, and features whose squares overflow keep theirs") {
    apps::CosineBranches branches{4, 3};
    Rng rng{2};
    branches.initialize(rng);
    const Tensor x = concat({sample({2, 4}, DType::f32), zeros({1, 4})}).set_requires_grad();
    const Tensor slopes = grad(sum(square(branches(x))), x);
    for (const double slope : slopes.to_vector()) CHECK(std::isfinite(slope));
    branches.eval();
    check_close(branches(x.detach() * 1e25), branches(x.detach()), 1e-5, 1e-6);
}

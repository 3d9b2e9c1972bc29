#include <knoll/losses/dpl.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

Tensor similarity_rows() { return tensor({{0.3, -1.2, 0.4}, {0.8, 0.1, -0.3}, {2.0, 0.5, 1.1}, {-0.7, 1.1, 0.2}}, DType::f64); }
Tensor pseudo_labels() { return tensor({0.0, 0.0, 1.0, 2.0}, DType::i64); }
Tensor all_but_last() { return tensor({1.0, 1.0, 1.0, 0.0}, DType::u8); }

}  // namespace

TEST_CASE("the prototype loss is a softmax over the examples of each column, with its closed-form gradient") {
    Tensor s = similarity_rows().set_requires_grad();
    const Tensor loss = losses::prototype_loss(s, pseudo_labels(), all_but_last());
    double value = 0;
    std::vector<double> slopes(12);  // (q - r) / 2: columns 0 and 1 have members, column 2 has none that is confident
    for (std::int64_t c = 0; c < 2; ++c) {
        double of_all = 0, of_members = 0;
        const auto is_member = [&](std::int64_t i) { return i < 3 && pseudo_labels().at<std::int64_t>(i) == c; };
        for (std::int64_t i = 0; i < 4; ++i) {
            of_all += std::exp(s.at<double>(i, c));
            if (is_member(i)) of_members += std::exp(s.at<double>(i, c));
        }
        value -= std::log(of_members / of_all) / 2;
        for (std::int64_t i = 0; i < 4; ++i)
            slopes[static_cast<std::size_t>(3 * i + c)] = std::exp(s.at<double>(i, c)) * (1 / of_all - (is_member(i) ? 1 / of_members : 0)) / 2;
    }
    CHECK(loss.item() == Approx(value).epsilon(1e-13));
    check_close(grad(loss, s), tensor(slopes, {4, 3}, DType::f64), 1e-12, 1e-14);
    const auto result = gradcheck([](const Tensor& x) { return losses::prototype_loss(x, pseudo_labels(), all_but_last()); }, similarity_rows(), {.order = 3});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("the prototype loss is 0 where nobody is confident or all belong to one class, and right at similarities of 1e4") {
    Tensor s = similarity_rows().set_requires_grad();
    const Tensor nobody = losses::prototype_loss(s, pseudo_labels(), zeros({4}, DType::u8));
    CHECK(nobody.item() == 0);
    check_close(grad(nobody, s), zeros({4, 3}, DType::f64), 0, 0);
    CHECK(losses::prototype_loss(s, zeros({4}, DType::i64), ones({4}, DType::u8)).item() == Approx(0).margin(1e-15));
    for (const DType dtype : {DType::f32, DType::f64}) {
        Tensor far = tensor({{-1e4, 1e4}, {1e4, -1e4}}, dtype).set_requires_grad();
        const Tensor loss = losses::prototype_loss(far, tensor({0.0, 1.0}, DType::i64), ones({2}, DType::u8));
        CHECK(loss.item() == 2e4);
        check_close(grad(loss, far), tensor({{-0.5, 0.5}, {0.5, -0.5}}, dtype), 0, 0);
    }
}

TEST_CASE("similarities are cosines over a temperature, differentiable in features and prototypes, a row of zeros too") {
    const Tensor f = tensor({{3.0, 4.0}, {0.0, 0.0}, {-1.0, 1.0}}, DType::f64), w = tensor({{2.0, 0.0}, {0.0, -1.0}}, DType::f64);
    check_close(losses::prototype_similarities(f, w, 0.5), tensor({{1.2, -1.6}, {0.0, 0.0}, {-std::sqrt(2.0), -std::sqrt(2.0)}}, DType::f64), 1e-12, 1e-12);
    Tensor features = f.clone().set_requires_grad();
    for (const double slope : grad(sum(losses::prototype_similarities(features, w)), features).to_vector()) CHECK(std::isfinite(slope));
    const auto result = gradcheck([](const std::vector<Tensor>& in) { return losses::prototype_similarities(in[0], in[1]); },
                                  {tensor({{0.3, -1.2}, {0.8, 0.1}}, DType::f64), tensor({{1.5, 0.4}, {-0.6, 0.9}, {0.2, 0.7}}, DType::f64)}, {.order = 2});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("prototypes and styles of numbers whose squares overflow are those of moderate ones") {
    const Tensor f = tensor({{3.0, 4.0}, {-1.0, 1.0}}), w = tensor({{2.0, 0.0}, {0.0, -1.0}});
    check_close(losses::prototype_similarities(f * 1e25, w * 1e30), losses::prototype_similarities(f, w), 1e-6, 0);
    Tensor features = (f * 1e25).set_requires_grad(), moderate = f.clone().set_requires_grad();
    check_close(grad(sum(losses::prototype_similarities(features, w)), features) * 1e25, grad(sum(losses::prototype_similarities(moderate, w)), moderate), 1e-5,
                1e-6);
    Rng rng{2};
    const Tensor x = randn({1, 2, 3, 5}, rng), style = randn({1, 2, 3, 5}, rng) + 1.0;
    check_close(losses::transfer_style(x * 1e25, style * 1e30) / 1e30, losses::transfer_style(x, style, 0), 1e-4, 1e-5);
}

TEST_CASE("a map of another style has its mean and deviation, channel by channel, and passes gradients to its own content") {
    Rng rng{1};
    const Tensor x = randn({2, 3, 4, 4}, rng, DType::f64), style = 3.0 * randn({2, 3, 4, 4}, rng, DType::f64) + 1.0;
    const Tensor moved = losses::transfer_style(x, style);
    check_close(mean(moved, {2, 3}), mean(style, {2, 3}), 1e-12, 1e-12);
    check_close(var(moved, {2, 3}), var(style, {2, 3}), 1e-3, 0);
    check_close(losses::transfer_style(x, x), x, 1e-12, 1e-12);
    Tensor content = x.clone().set_requires_grad();
    const Tensor slope = grad(sum(losses::transfer_style(content, style)), content);
    check_close(slope, broadcast_to(sqrt((var(style, {2, 3}, true, 0) + 1e-5) / (var(x, {2, 3}, true, 0) + 1e-5)), x.shape()), 1e-12, 0);
}

TEST_CASE("prototype losses refuse what does not fit") {
    CHECK_THROWS_WITH(losses::prototype_loss(similarity_rows(), tensor({0.0, 0.0, 1.0, 3.0}, DType::i64), all_but_last()),
                      "[prototype_loss] expected labels in 0..2, got 3 at index [3]");
    CHECK_THROWS_WITH(losses::prototype_loss(similarity_rows(), tensor({0.0}, DType::i64), all_but_last()),
                      "[prototype_loss] expected labels and confidence of shape [4], got [1] and [4]");
    CHECK_THROWS_WITH(losses::prototype_similarities(ones({2, 3}), ones({2, 4})),
                      "[prototype_similarities] expected features [N, D] and prototypes [K, D], got shapes [2, 3] and [2, 4]");
    CHECK_THROWS_WITH(losses::prototype_similarities(ones({2, 3}), ones({2, 3}), 0), "[prototype_similarities] expected a temperature above 0, got 0");
    CHECK_THROWS_WITH(losses::transfer_style(ones({2, 3, 4, 4}), ones({1, 3, 4, 4})),
                      "[transfer_style] expected two batches of maps [N, C, H, W] of one shape, got [2, 3, 4, 4] and [1, 3, 4, 4]");
}

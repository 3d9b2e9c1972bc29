// The fused pass over a row against two witnesses: sums written out in doubles, and the composition in differentiable ops, which is
// what a gradient is made of when it is to be differentiated again.
#include <knoll/losses/losses.h>
#include "support/close.h"
#include "support/numbers.h"
#include "support/threads.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

using namespace knoll;
using Catch::Contains;

namespace {

struct Sample {
    Tensor logits;
    Tensor classes;
};

Sample sample(std::int64_t count, std::int64_t classes, DType dtype = DType::f64) {
    Rng rng{static_cast<std::uint64_t>(7 * count + classes)};
    Tensor logits = 3.0 * randn({count, classes}, rng, dtype);
    return {logits, choice(classes, count, true, rng)};
}

// The opposing logit and the entropy of the rivals, written out.
struct Witness {
    double opposing, entropy;
};
Witness witness(const Tensor& logits, std::int64_t row, std::int64_t own) {
    const std::vector<double> z = logits.to_vector();
    const std::int64_t classes = logits.size(1);
    const auto at = [&](std::int64_t k) { return z[static_cast<std::size_t>(row * classes + k)]; };
    double largest = -infinity, total = 0, moment = 0;
    for (std::int64_t k = 0; k < classes; ++k)
        if (k != own) largest = std::max(largest, at(k));
    for (std::int64_t k = 0; k < classes; ++k) {
        if (k == own) continue;
        total += std::exp(at(k) - largest);
        moment += std::exp(at(k) - largest) * (at(k) - largest);
    }
    return {largest + std::log(total) - at(own), std::log(total) - moment / total};
}

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

struct Case {
    const char* spec;
    std::function<double(const Witness& of, double classes)> value;
};
const std::vector<Case> cases = {
    {"cross_entropy", [](const Witness& of, double) { return softplus(of.opposing); }},
    {"softmax_focal", [](const Witness& of, double) { return std::pow(1 / (1 + std::exp(-of.opposing)), 2) * softplus(of.opposing); }},
    {"complement_entropy", [](const Witness& of, double) { return of.entropy; }},
    {"cot_objective", [](const Witness& of, double classes) { return -of.entropy / classes; }},
    {"cce", [](const Witness& of, double classes) { return softplus(of.opposing) - of.entropy / (classes - 1); }},
};

// The gradient that the forward pass has found, and the one composed of ops.
void check_gradients(const losses::Loss& loss, const Sample& at, double rtol, double atol) {
    INFO(loss.name() << " of " << to_string(at.logits.shape()) << " in " << to_string(at.logits.dtype()));
    Tensor z = at.logits.clone().set_requires_grad();
    const Tensor fused = grad(sum(3.0 * loss(z, at.classes)), z);
    const Tensor composed = grad(sum(3.0 * loss(z, at.classes)), z, {.create_graph = true});
    check_close(fused, composed.detach(), rtol, atol);
}

}  // namespace

TEST_CASE("the fused pass over a row finds the values of sums written out, at any number of classes") {
    for (const Case& each : cases)
        for (const std::int64_t classes : {2, 3, 7, 17, 1000})
            for (const std::int64_t count : {1, 5, 300}) {
                INFO(each.spec << " of " << count << " rows of " << classes);
                const auto [logits, own] = sample(count, classes);
                std::vector<double> expected;
                for (std::int64_t n = 0; n < count; ++n)
                    expected.push_back(each.value(witness(logits, n, own.data<std::int64_t>()[static_cast<std::size_t>(n)]), static_cast<double>(classes)));
                const Tensor values = tensor(expected, {count}, DType::f64);
                check_close((*losses::make(each.spec, Reduction::none))(logits, own), values, 1e-12, 1e-13);
                check_close((*losses::make(each.spec, Reduction::sum))(logits, own), sum(values), 1e-12, 1e-12);
                check_close((*losses::make(each.spec))(logits, own), mean(values), 1e-12, 1e-13);
                check_close((*losses::make(each.spec))(logits.to(DType::f32), own), mean(values), 1e-5, 1e-6);
                if (count > 5) break;  // the long way round is slow
            }
}

TEST_CASE("the fused gradient of a row is the one composed of ops") {
    for (const char* spec : {"cross_entropy", "cross_entropy:smoothing=0.1", "cross_entropy:smoothing=1", "softmax_focal:gamma=0.5", "complement_entropy",
                             "cot_objective", "cce", "cce:gamma=2"})
        for (const std::int64_t classes : {2, 3, 7, 17, 1000})
            for (const std::int64_t count : {1, 5, 131})
                for (const Reduction reduction : {Reduction::none, Reduction::mean}) {
                    const auto loss = losses::make(spec, reduction);
                    check_gradients(*loss, sample(count, classes), 1e-10, 1e-13);
                    check_gradients(*loss, sample(count, classes, DType::f32), 1e-5, 1e-6);
                }
    check_gradients(losses::Cce{}, sample(3, 20'000), 1e-10, 1e-13);  // a row is more than a block
}

TEST_CASE("class weights and smoothing meet in the fused pass as they do in ops") {
    for (const double smoothing : {0.0, 0.3})
        for (const Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum}) {
            Rng rng{2};
            const Tensor weights = rand({7}, rng, DType::f64) + 0.1;
            const losses::CrossEntropy loss{{.smoothing = smoothing, .class_weights = weights}, reduction};
            const Sample at = sample(9, 7);
            check_gradients(loss, at, 1e-11, 1e-13);
            const Tensor log_p = log_softmax(at.logits, 1) * weights;
            const Tensor hard = -reshape(gather(log_p, 1, reshape(at.classes, {9, 1})), {9});
            Tensor expected = (1.0 - smoothing) * hard - smoothing * mean(log_p, 1);
            if (reduction != Reduction::none) expected = sum(expected);
            if (reduction == Reduction::mean) expected = expected / sum(index_select(weights, 0, at.classes));
            check_close(loss(at.logits, at.classes), expected, 1e-12, 1e-13);
        }
}

TEST_CASE("fused and composed gradients agree at logits of 600") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const Tensor logits = tensor({{600.0, -600.0, 0.0, 1.0}, {-600.0, 600.0, 0.0, 599.0}, {600.0, 600.0, -600.0, -600.0}, {0.0, 0.0, 0.0, 600.0}}, dtype);
    for (const char* spec : {"cross_entropy", "cross_entropy:smoothing=0.1", "softmax_focal", "complement_entropy", "cot_objective", "cce"})
        for (std::int64_t own = 0; own < 4; ++own)
            check_gradients(*losses::make(spec, Reduction::none), {logits, full({4}, static_cast<double>(own), DType::i64)}, 1e-5,
                            dtype == DType::f32 ? 1e-7 : 1e-13);
}

TEST_CASE("logits of -infinity, classes that are ruled out, cost nothing") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const Tensor own = tensor({0.0, 0.0}, DType::i64);
    for (const char* spec : {"cross_entropy", "softmax_focal", "complement_entropy", "cce"}) {
        INFO(spec);
        const auto loss = losses::make(spec, Reduction::none);
        Tensor masked = tensor({{0.5, -infinity, 1.0, 0.2}, {0.5, -infinity, 1.0, 0.2}}, dtype).set_requires_grad();
        const Tensor value = (*loss)(masked, own);
        const Tensor gradient = grad(sum(value), masked);
        const double factor = std::string(spec) == "cce" ? 2.0 / 3 : 1;  // entropy is divided by the number of rivals
        Tensor without = tensor({{0.5, 1.0, 0.2}, {0.5, 1.0, 0.2}}, dtype).set_requires_grad();
        const Tensor expected = std::string(spec) == "cce" ? losses::Cce{{.gamma = -factor}, Reduction::none}(without, own) : (*loss)(without, own);
        check_close(value, expected, 1e-6, 1e-7);
        check_close(slice(gradient, 1, 2, 4), slice(grad(sum(expected), without), 1, 1, 3), 1e-6, 1e-7);
        check_close(slice(gradient, 1, 1, 2), zeros({2, 1}, dtype), 0, 0);
    }
    Tensor alone = tensor({{0.5, -infinity, -infinity}, {-infinity, 0.5, 1.0}}, dtype).set_requires_grad();
    const Tensor value = losses::CrossEntropy{{}, Reduction::none}(alone, own);
    check_close(value, tensor({0.0, infinity}, dtype), 0, 0);
    const double p = 1 / (1 + std::exp(0.5));
    check_close(grad(sum(value), alone), tensor({{0.0, 0.0, 0.0}, {-1.0, p, 1 - p}}, dtype), 1e-6, 0);
}

TEST_CASE("a row loss and its gradient have the same bits at any number of threads") {
    const auto [logits, own] = sample(301, 123, DType::f32);
    for (const char* spec : {"cross_entropy:smoothing=0.1", "softmax_focal", "cce"})
        check_same_bits([&, g = own, z = logits.detach().set_requires_grad()] {
            const Tensor loss = (*losses::make(spec))(z, g);
            return std::vector<Tensor>{loss.detach(), grad(loss, z)};
        });
}

TEST_CASE("a hook on the logits is called once in a pass that is recorded") {
    auto [logits, own] = sample(2, 3);
    Tensor z = logits.set_requires_grad() * 1.0;
    int calls = 0;
    z.register_hook([&](const Tensor& g) {
        ++calls;
        return 2.0 * g;
    });
    const Tensor loss = losses::Cce{}(z, own);
    const Tensor doubled = grad(loss, logits, {.create_graph = true});
    CHECK(calls == 1);
    check_close(doubled.detach(), 2.0 * grad(losses::Cce{}(logits, own), logits), 1e-12, 1e-14);
}

TEST_CASE("logits changed in place are noticed by the second derivative, which reads them, not by the first") {
    auto [logits, own] = sample(2, 3);
    Tensor z = logits.set_requires_grad();
    const Tensor loss = losses::CrossEntropy{}(z, own);
    {
        const NoGrad changing;
        z += 1.0;
    }
    CHECK_NOTHROW(grad(loss, z, {.retain_graph = true}));
    CHECK_THROWS_WITH(grad(loss, z, {.create_graph = true}), Contains("unchanged since the forward pass"));
}

TEST_CASE("without recording, a row loss keeps nothing") {
    auto [logits, own] = sample(2, 3);
    const NoGrad no_grad;
    CHECK_FALSE(losses::Cce{}(logits.set_requires_grad(), own).requires_grad());
}

namespace {

// A square of the margin by which the true class leads the soft maximum of its rivals, softly cut off.
struct SoftMargin {
    template <class Number>
    Number operator()(const losses::Row<Number>& row) const {
        return softplus(row.opposing + 1.0) * softplus(row.opposing);
    }
};

}  // namespace

TEST_CASE("a formula of rows of one's own is a loss, differentiable to any order") {
    const auto [logits, own] = sample(3, 4);
    const losses::RowLoss soft_margin{"soft_margin", losses::compile_row_formula(SoftMargin{}), Reduction::mean};
    const auto loss = [&, g = own](const Tensor& z) { return soft_margin(z, g); };
    double expected = 0;
    for (std::int64_t n = 0; n < 3; ++n) {
        const double u = witness(logits, n, own.at<std::int64_t>(n)).opposing;
        expected += softplus(u + 1) * softplus(u) / 3;
    }
    CHECK(loss(logits).item() == Approx(expected));
    CHECK(gradcheck(loss, logits, {.order = 3}).ok());
    CHECK_THROWS_WITH(soft_margin(logits, full({3}, 4, DType::i64)), "[soft_margin] expected targets in [0, 4), got 4 at index [0]");
}

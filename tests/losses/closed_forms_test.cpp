// The closed-form gradients of the papers, as an independent witness of what dual numbers find.
#include <knoll/losses/losses.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

using namespace knoll;

namespace {

double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

// What one element should cost, and its derivative by the logit.
struct Expected {
    double value;
    double gradient;
};

Expected focal_positive(double z, double gamma) {
    const double p = sigmoid(z);
    return {-std::pow(1 - p, gamma) * std::log(p), std::pow(1 - p, gamma) * (gamma * p * std::log(p) - (1 - p))};
}
Expected focal_negative(double z, double gamma) {
    const double p = sigmoid(z);
    return {-std::pow(p, gamma) * std::log(1 - p), std::pow(p, gamma) * (p - gamma * (1 - p) * std::log(1 - p))};
}
Expected scaled(double factor, const Expected& e) { return {factor * e.value, factor * e.gradient}; }
Expected added(const Expected& a, const Expected& b) { return {a.value + b.value, a.gradient + b.gradient}; }

Expected hill_negative(double z, double lambda) {
    const double p = sigmoid(z);
    return {(lambda - p) * p * p, p * p * (1 - p) * (2 * lambda - 3 * p)};
}

Expected asl_negative(double z, double gamma, double clip, bool detach) {
    const double p = sigmoid(z);
    if (p <= clip) return {0, 0};
    const double u = p - clip;
    const double xn = 1 - p + clip;
    const double slope = p * (1 - p);
    const double detached = std::pow(u, gamma) * slope / xn;
    return {-std::pow(u, gamma) * std::log(xn), detach ? detached : detached - gamma * std::pow(u, gamma - 1) * std::log(xn) * slope};
}

void check_elements(const std::string& specification, int epoch, const std::function<Expected(double z, bool positive)>& expected) {
    INFO(specification << " at epoch " << epoch);
    std::vector<double> logits;
    std::vector<double> targets;
    std::vector<double> values;
    std::vector<double> gradients;
    for (int step = -40; step <= 40; ++step)
        for (const bool positive : {false, true}) {
            const double z = 0.23 * step + 0.011;
            const Expected e = expected(z, positive);
            logits.push_back(z);
            targets.push_back(positive ? 1 : 0);
            values.push_back(e.value);
            gradients.push_back(e.gradient);
        }
    const Shape shape{81, 2};
    Tensor x = tensor(logits, shape, DType::f64).set_requires_grad();
    const Tensor loss = (*losses::make(specification, Reduction::none))(x, tensor(targets, shape, DType::f64), {.epoch = epoch});
    check_close(loss, tensor(values, shape, DType::f64), 1e-10, 1e-12);
    check_close(grad(sum(loss), x), tensor(gradients, shape, DType::f64), 1e-10, 1e-12);
}

}  // namespace

TEST_CASE("binary cross-entropy and its weighted and smoothed forms agree with their closed forms") {
    check_elements("bce", 0, [](double z, bool y) { return y ? focal_positive(z, 0) : focal_negative(z, 0); });
    check_elements("wan:gamma=0.25", 0, [](double z, bool y) { return y ? focal_positive(z, 0) : scaled(0.25, focal_negative(z, 0)); });
    check_elements("wan", 0, [](double z, bool y) { return y ? focal_positive(z, 0) : focal_negative(z, 0); });  // two classes: gamma = 1
    check_elements("bce_ls:epsilon=0.2", 0, [](double z, bool y) {
        const Expected own = y ? focal_positive(z, 0) : focal_negative(z, 0);
        const Expected other = y ? focal_negative(z, 0) : focal_positive(z, 0);
        return added(scaled(0.8, own), scaled(0.2, other));
    });
}

TEST_CASE("focal losses agree with their closed forms at any power, their weight differentiated or not") {
    for (const double gamma : {0.0, 0.5, 1.0, 2.0, 3.7}) {
        check_elements("focal:gamma=" + text(gamma), 0, [=](double z, bool y) { return y ? focal_positive(z, gamma) : focal_negative(z, gamma); });
        check_elements("focal:detach=1,gamma=" + text(gamma), 0, [=](double z, bool y) {
            const double p = sigmoid(z);
            const Expected e = y ? focal_positive(z, gamma) : focal_negative(z, gamma);
            return Expected{e.value, y ? -std::pow(1 - p, gamma + 1) : std::pow(p, gamma + 1)};
        });
        check_elements("focal_margin:margin=0.7,gamma=" + text(gamma), 0,
                       [=](double z, bool y) { return y ? focal_positive(z - 0.7, gamma) : focal_negative(z, gamma); });
    }
}

TEST_CASE("the asymmetric loss agrees with its closed form, its weights differentiated or not") {
    for (const bool detach : {false, true})
        for (const double clip : {0.0, 0.05, 0.3}) {
            const std::string spec = text("asl:gamma_pos=1.5,gamma_neg=3,clip=", clip, ",detach=", detach ? 1 : 0);
            check_elements(spec, 0, [=](double z, bool y) {
                if (!y) return asl_negative(z, 3, clip, detach);
                const Expected e = focal_positive(z, 1.5);
                return Expected{e.value, detach ? -std::pow(1 - sigmoid(z), 2.5) : e.gradient};
            });
        }
}

TEST_CASE("the asymmetric loss without powers and clip is binary cross-entropy") {
    check_elements("asl:gamma_pos=0,gamma_neg=0,clip=0", 0, [](double z, bool y) { return y ? focal_positive(z, 0) : focal_negative(z, 0); });
}

TEST_CASE("the Hill loss agrees with its closed form, below lambda = 3/2 too, where it rewards sure negatives") {
    for (const double lambda : {1.0, 1.5, 2.0})
        check_elements("hill:margin=0.5,gamma=1,lambda=" + text(lambda), 0,
                       [=](double z, bool y) { return y ? focal_positive(z - 0.5, 1) : hill_negative(z, lambda); });
}

TEST_CASE("SPLC corrects sure negatives from its epoch on, without a margin") {
    const auto as_labelled = [](double z, bool y) { return y ? focal_positive(z - 1, 2) : focal_negative(z, 2); };
    const auto corrected = [&](double z, bool y) { return !y && sigmoid(z) > 0.6 ? focal_positive(z, 2) : as_labelled(z, y); };
    check_elements("splc", 0, as_labelled);
    check_elements("splc", 1, corrected);
    check_elements("splc:change_epoch=3", 2, as_labelled);
    check_elements("splc:change_epoch=3", 3, corrected);
    check_elements("splc:tau=1", 5, as_labelled);
    check_elements("splc:tau=0", 5, [&](double z, bool y) { return y ? as_labelled(z, y) : focal_positive(z, 2); });
}

TEST_CASE("GR agrees with its closed form, with its belief and its trust held constant, in every epoch") {
    // One of the family (1 - q^a) / a; the derivative is by the logit of the label.
    const auto generalised = [](double q, double a) { return Expected{a == 0 ? -std::log(q) : (1 - std::pow(q, a)) / a, -std::pow(q, a) * (1 - q)}; };
    const auto gr = [=](double z, bool y, double w, double b, double mu, double s, double q2, double q3) {
        if (y) return focal_positive(z, 0);
        const double p = sigmoid(z), k = sigmoid(w * p + b), trust = std::exp(-0.5 * (p - mu) * (p - mu) / (s * s));
        const Expected absent = generalised(1 - p, q3);
        return scaled(trust, added(scaled(k, generalised(p, q2)), {(1 - k) * absent.value, -(1 - k) * absent.gradient}));
    };
    for (const int epoch : {0, 3, 7, 20}) {
        const double gone = std::min(epoch / 8.0, 1.0), next = std::min((epoch + 1) / 8.0, 1.0);
        check_elements("gr", epoch, [=](double z, bool y) { return gr(z, y, 2 * gone, -2, 0.5 + 0.3 * next, 2 - 1.5 * next, 0.01, 1); });
    }
    check_elements("gr:w0=-1,wT=-1,b0=1,bT=1,mu0=0.1,muT=0.1,s0=0.3,sT=0.3,q2=0,q3=0.4", 0,
                   [=](double z, bool y) { return gr(z, y, -1, 1, 0.1, 0.3, 0, 0.4); });
    // No belief in missed labels and equal trust: negatives are assumed.
    check_elements("gr:w0=0,wT=0,b0=-800,bT=-800,s0=1e12,sT=1e12,q3=0", 2, [](double z, bool y) { return y ? focal_positive(z, 0) : focal_negative(z, 0); });
    // The smallest power is the limit; a training that says how many epochs it has sets the schedule.
    const Tensor x = tensor({-3.0, 0.0, 4.0}, DType::f64), t = zeros({3}, DType::f64);
    check_close(losses::Gr{{.q2 = 1e-300, .q3 = 1e-300}}(x, t), losses::Gr{{.q2 = 0, .q3 = 0}}(x, t), 1e-15, 0);
    check_close(losses::Gr{}(x, t, {.epoch = 3, .epochs = 4}), losses::Gr{{.horizon = 4}}(x, t, {.epoch = 3}), 0, 0);
}

TEST_CASE("losses for general use agree with their closed forms") {
    const auto sign = [](double d) { return d > 0 ? 1.0 : -1.0; };
    check_elements("mse", 0, [](double z, bool y) { return Expected{(z - y) * (z - y), 2 * (z - y)}; });
    check_elements("mae", 0, [&](double z, bool y) { return Expected{std::abs(z - y), sign(z - y)}; });
    check_elements("huber:delta=0.8", 0, [&](double z, bool y) {
        const double d = z - y;
        return std::abs(d) <= 0.8 ? Expected{0.5 * d * d, d} : Expected{0.8 * (std::abs(d) - 0.4), 0.8 * sign(d)};
    });
    check_elements("hinge:margin=2", 0, [&](double z, bool y) {
        const double s = y ? 1 : -1;
        return s * z < 2 ? Expected{2 - s * z, -s} : Expected{0, 0};
    });
}

TEST_CASE("values worked out by hand") {
    const auto value = [](const char* spec, double z, double y, int epoch = 0) {
        return (*losses::make(spec))(tensor({z}, DType::f64), tensor({y}, DType::f64), {.epoch = epoch}).item();
    };
    CHECK(value("hill", 0, 0) == Approx(0.25));
    CHECK(value("hill", 1, 1) == Approx(0.25 * std::log(2.0)));
    CHECK(1 / (1 + std::exp(2.0)) == Approx(0.1192029).epsilon(1e-6));  // what GR believes at w = 0, b = -2
    CHECK(value("gr:s0=1e9,sT=1e9,q2=1", 0, 0) == Approx(0.5));         // both sides at 1/2
    CHECK(value("gr:s0=1e9,sT=1e9,q2=1", 1, 0) == Approx(0.1192029 * sigmoid(-1) + 0.8807971 * sigmoid(1)).epsilon(1e-6));
    CHECK(value("splc", 0.5, 0, 0) == Approx(0.3774116).epsilon(1e-6));
    CHECK(value("splc", 0.5, 0, 1) == Approx(0.0675735).epsilon(1e-6));
}

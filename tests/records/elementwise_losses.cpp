// The formulas as the papers print them, of a logit z, its probability p and a label, but 1 - p as the probability of -z and
// logarithms of probabilities as softplus, which stay exact at any logit.
#include "records/losses.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace knoll::records {

namespace {

/// The loss of a logit and a target.
using ElementFormula = std::function<double(double z, double target)>;
/// The loss of a logit whose label is known.
using OneSided = std::function<double(double z)>;

double log_p(double z) { return -softplus_of(-z); }
double log_1_minus_p(double z) { return -softplus_of(z); }

ElementFormula of_label(const OneSided& positive, const OneSided& negative) {
    return [=](double z, double y) { return y == 1.0 ? positive(z) : negative(z); };
}

OneSided focal_positive(double gamma, double margin = 0.0) {
    return [=](double z) { return -std::pow(logistic(-(z - margin)), gamma) * log_p(z - margin); };
}

OneSided focal_negative(double gamma) {
    return [=](double z) { return -std::pow(logistic(z), gamma) * log_1_minus_p(z); };
}

ElementFormula bce() { return of_label(focal_positive(0.0), focal_negative(0.0)); }

ElementFormula bce_ls(double epsilon) {
    return of_label([=](double z) { return -(1.0 - epsilon) * log_p(z) - epsilon * log_1_minus_p(z); },
                    [=](double z) { return -(1.0 - epsilon) * log_1_minus_p(z) - epsilon * log_p(z); });
}

ElementFormula wan(double gamma) {
    return of_label([](double z) { return -log_p(z); }, [=](double z) { return -gamma * log_1_minus_p(z); });
}

ElementFormula focal(double gamma) { return of_label(focal_positive(gamma), focal_negative(gamma)); }

ElementFormula focal_margin(double margin, double gamma) { return of_label(focal_positive(gamma, margin), focal_negative(gamma)); }

ElementFormula asl(double gamma_pos, double gamma_neg, double clip) {
    return of_label(focal_positive(gamma_pos), [=](double z) {
        const double shifted = logistic(z) - clip;
        return shifted <= 0.0 ? 0.0 : -std::pow(shifted, gamma_neg) * (clip == 0.0 ? log_1_minus_p(z) : std::log(logistic(-z) + clip));
    });
}

ElementFormula hill(double lambda, double margin, double gamma) {
    return of_label(focal_positive(gamma, margin), [=](double z) { return (lambda - logistic(z)) * logistic(z) * logistic(z); });
}

ElementFormula splc(double tau, double margin, double gamma, bool corrects) {
    return of_label(focal_positive(gamma, margin), [=](double z) {
        const bool is_taken_for_positive = corrects && logistic(z) > tau;
        return is_taken_for_positive ? focal_positive(gamma)(z) : focal_negative(gamma)(z);
    });
}

// Weights of an epoch, held constant: w, b, mu, s.
ElementFormula gr(double w, double b, double mu, double s, double q2, double q3) {
    const auto generalised = [](double log_q, double a) { return a == 0.0 ? -log_q : -std::expm1(a * log_q) / a; };
    return of_label(focal_positive(0.0), [=](double z) {
        const double k = logistic(w * logistic(z) + b), trust = std::exp(-0.5 * std::pow((logistic(z) - mu) / s, 2.0));
        return trust * (k * generalised(log_p(z), q2) + (1.0 - k) * generalised(log_1_minus_p(z), q3));
    });
}

ElementFormula hinge(double margin) {
    return of_label([=](double z) { return std::max(margin - z, 0.0); }, [=](double z) { return std::max(margin + z, 0.0); });
}

double mse(double z, double t) { return (z - t) * (z - t); }
double mae(double z, double t) { return std::fabs(z - t); }

ElementFormula huber(double delta) {
    return [=](double z, double t) {
        const double distance = std::fabs(z - t);
        return distance <= delta ? 0.5 * distance * distance : delta * (distance - 0.5 * delta);
    };
}

// Targets are the second input, or those that a record makes for logits of this shape.
Naive targets_of(const std::vector<Naive>& in) {
    return in.size() > 1 ? in[1] : naive(apps::sample_targets(losses::TargetKind::real, Shape(std::span<const std::int64_t>(in[0].shape))));
}

// The batch is what is flattened to [N, C].
Reference epr(double k, bool averaged) {
    return [=](const std::vector<Naive>& in) {
        const Naive targets = targets_of(in);
        const double count = static_cast<double>(in[0].values.size()), classes = in[0].shape.empty() ? 1.0 : static_cast<double>(in[0].length(-1));
        double data = 0.0, positives = 0.0;
        for (std::size_t i = 0; i < in[0].values.size(); ++i) {
            positives += logistic(in[0].values[i]);
            if (targets.values[i] == 1.0) data -= log_p(in[0].values[i]);
        }
        const double penalty = std::pow((positives * classes / count - k) / classes, 2.0);
        return Naive{{}, {averaged ? data / count + penalty : data + penalty * count}};
    };
}

Reference per_element(const ElementFormula& loss) {
    return [=](const std::vector<Naive>& in) {
        const Naive targets = targets_of(in);
        return generate(in[0].shape, [&](const Index& i) { return loss(in[0][i], targets[i]); });
    };
}

Reference total(const ElementFormula& loss, bool averaged) {
    return [=](const std::vector<Naive>& in) {
        double sum = 0.0;
        const Naive losses = per_element(loss)(in);
        for (const double value : losses.values) sum += value;
        return Naive{{}, {averaged ? sum / static_cast<double>(losses.values.size()) : sum}};
    };
}

std::vector<Inputs> odd_element_batches(losses::TargetKind kind) {
    std::vector<Inputs> inputs;
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{1, 1}, Shape{1, 2}, Shape{37}, Shape{17, 5}, Shape{2, 3, 1, 7}, Shape{59, 71}})
        inputs.push_back(loss_inputs(kind, shape));
    return inputs;
}

void expect_loss(Expectations& book, const std::string& name, const std::string& variant, const ElementFormula& loss) {
    book.value(name, variant, per_element(loss)).also(odd_element_batches(losses::make(name)->target_kind())).may_vanish = true;
}

void expect_wan(Expectations& book) {
    expect_loss(book, "wan", "gamma 0.3", wan(0.3));
    const auto by_classes = [](const std::vector<Naive>& in) { return per_element(wan(1.0 / static_cast<double>(in[0].length(-1) - 1)))(in); };
    const auto binary = losses::TargetKind::binary;
    book.value("wan", "", by_classes)
        .also({loss_inputs(binary, {2}), loss_inputs(binary, {1, 2}), loss_inputs(binary, {17, 37}), loss_inputs(binary, {2, 3, 7})});
}

void expect_focal_losses(Expectations& book) {
    expect_loss(book, "focal", "", focal(2.0));
    for (const auto& [variant, gamma] : {std::pair{"gamma 0", 0.0}, {"gamma 1", 1.0}, {"gamma 3", 3.0}, {"gamma 4", 4.0}, {"gamma 2.5", 2.5}})
        expect_loss(book, "focal", variant, focal(gamma));
    expect_loss(book, "asl", "", asl(1.0, 4.0, 0.05));
    expect_loss(book, "asl", "gamma_pos 0", asl(0.0, 4.0, 0.05));
    expect_loss(book, "asl", "gamma_pos 0.5, gamma_neg 3.5", asl(0.5, 3.5, 0.05));
    expect_loss(book, "asl", "no clip", asl(1.0, 4.0, 0.0));
    expect_loss(book, "focal_margin", "", focal_margin(1.0, 2.0));
    expect_loss(book, "focal_margin", "gamma 1.5, margin 0.5", focal_margin(0.5, 1.5));
    expect_loss(book, "hill", "", hill(1.5, 1.0, 2.0));
    expect_loss(book, "hill", "lambda 1.2, gamma 1.5, margin 0.5", hill(1.2, 0.5, 1.5));
    expect_loss(book, "splc", "", splc(0.6, 1.0, 2.0, false));
    expect_loss(book, "splc", "with correction", splc(0.6, 1.0, 2.0, true));
    expect_loss(book, "splc", "with correction, gamma 1.5, tau 0.4", splc(0.4, 1.0, 1.5, true));
}

// A weight that is held constant leaves the value alone; its gradient is not the value's, and is for closed_forms_test.cpp.
void expect_detached_weights(Expectations& book) {
    const Inputs inputs{apps::normal_input({3, 5}), apps::sample_targets(losses::TargetKind::binary, {3, 5})};
    const auto expect = [&](const std::string& name, const std::string& specification, const ElementFormula& loss) {
        book.value_of(name, specification, inputs, call_of(losses::make(specification, Reduction::none)), per_element(loss));
    };
    expect("gr", "gr", gr(0.0, -2.0, 0.5 + 0.3 / 8.0, 2.0 - 1.5 / 8.0, 0.01, 1.0));
    expect("gr", "gr:w0=3,wT=3,b0=-1,bT=-1,mu0=0.2,muT=0.2,s0=0.4,sT=0.4,q2=0,q3=0.7", gr(3.0, -1.0, 0.2, 0.4, 0.0, 0.7));
    expect("focal", "focal:detach=1", focal(2.0));
    expect("focal", "focal:detach=1,gamma=1.5", focal(1.5));
    expect("asl", "asl:detach=1", asl(1.0, 4.0, 0.05));
    expect("asl", "asl:detach=1,gamma_pos=1.5,gamma_neg=2", asl(1.5, 2.0, 0.05));
}

// As inputs, so that they are infinite and NaN too.
void expect_any_targets(Expectations& book) {
    const Inputs inputs{apps::normal_input({3, 5}), apps::normal_input({3, 5}, 2)};
    for (const auto& [name, loss] : std::vector<std::pair<std::string, ElementFormula>>{{"mse", mse}, {"mae", mae}, {"huber", huber(1.0)}})
        book.value_of(name, "targets given", inputs, call_of(losses::make(name, Reduction::none)), per_element(loss));
}

}  // namespace

void expect_elementwise_losses(Expectations& book) {
    expect_loss(book, "bce", "", bce());
    book.value("bce", "mean", total(bce(), true)).also(odd_element_batches(losses::TargetKind::binary));
    book.value("bce", "sum", total(bce(), false)).also(odd_element_batches(losses::TargetKind::binary));
    expect_loss(book, "bce_ls", "", bce_ls(0.1));
    expect_wan(book);
    expect_focal_losses(book);
    expect_loss(book, "gr", "even weights", gr(0.0, -2.0, 0.0, 1e9, 0.01, 1.0));
    expect_loss(book, "gr", "even weights, last epoch, q2 0.5, q3 0", gr(0.0, 0.1875, 0.0, 1e9, 0.5, 0.0));
    book.value("epr", "mean", epr(2.9, true)).also(odd_element_batches(losses::TargetKind::binary));
    book.value("epr", "sum", epr(2.9, false)).also(odd_element_batches(losses::TargetKind::binary));
    expect_loss(book, "hinge", "", hinge(1.0));
    expect_loss(book, "mse", "", mse);
    expect_loss(book, "mae", "", mae);
    expect_loss(book, "huber", "", huber(1.0));
    expect_detached_weights(book);
    expect_any_targets(book);
}

}  // namespace knoll::records

// The formulas as the papers print them, of a row of logits and the index of its true class; logarithms of probabilities are of the
// sums that their rows leave behind the largest logit, which stay exact at any logit.
#include "records/losses.h"

#include <cmath>
#include <span>

namespace knoll::records {

namespace {

using Row = std::vector<double>;
/// The loss of a row of logits whose class is known.
using RowFormula = std::function<double(const Row& z, std::size_t own)>;

// -log p of one class.
double cross_entropy_of(const Row& z, std::size_t own) {
    const double largest = largest_of(z);
    double rest = 0.0;  // what the others have of exp(z - largest)
    for (std::size_t k = 0; k < z.size(); ++k)
        if (k != own) rest += std::exp(z[k] - largest);
    if (z[own] == largest) return std::log1p(rest);
    if (std::isinf(largest)) return largest;
    return largest - z[own] + std::log(rest + std::exp(z[own] - largest));
}

double one_minus_p(const Row& z, std::size_t own) { return -std::expm1(-cross_entropy_of(z, own)); }

// The entropy of the wrong classes' softmax; 0 log 0 = 0.
double complement_entropy_of(const Row& z, std::size_t own) {
    Row rivals = z;
    rivals.erase(rivals.begin() + static_cast<std::ptrdiff_t>(own));
    double entropy = 0.0;
    for (std::size_t k = 0; k < rivals.size(); ++k) {
        const double surprise = cross_entropy_of(rivals, k);
        if (!std::isinf(surprise)) entropy += surprise * std::exp(-surprise);
    }
    return entropy;
}

RowFormula cross_entropy(double smoothing, const Row& weights) {
    return [=](const Row& z, std::size_t own) {
        double of_all = 0.0;
        for (std::size_t k = 0; smoothing > 0.0 && k < z.size(); ++k) of_all += weights[k] * cross_entropy_of(z, k) / static_cast<double>(z.size());
        return (1.0 - smoothing) * weights[own] * cross_entropy_of(z, own) + smoothing * of_all;
    };
}

RowFormula cross_entropy(double smoothing = 0.0) {
    return [=](const Row& z, std::size_t own) { return cross_entropy(smoothing, Row(z.size(), 1.0))(z, own); };
}

RowFormula softmax_focal(double gamma, double alpha) {
    return [=](const Row& z, std::size_t own) { return alpha * std::pow(one_minus_p(z, own), gamma) * cross_entropy_of(z, own); };
}

// CE + gamma H / (K - less).
RowFormula cce(double gamma, double less) {
    return [=](const Row& z, std::size_t own) {
        return cross_entropy_of(z, own) + gamma * complement_entropy_of(z, own) / (static_cast<double>(z.size()) - less);
    };
}

RowFormula cot_objective(double less) {
    return [=](const Row& z, std::size_t own) { return -complement_entropy_of(z, own) / (static_cast<double>(z.size()) - less); };
}

RowFormula sce(double alpha, double beta, double log_zero) {
    return [=](const Row& z, std::size_t own) { return alpha * cross_entropy_of(z, own) - beta * log_zero * one_minus_p(z, own); };
}

// Against a target that is partly the label, partly the softmax or its largest class.
RowFormula bootstrapping(double beta, bool hard) {
    return [=](const Row& z, std::size_t own) {
        double sum = beta * cross_entropy_of(z, own);
        const auto best = static_cast<std::size_t>(std::max_element(z.begin(), z.end()) - z.begin());
        for (std::size_t k = 0; k < z.size(); ++k) {
            const double surprise = cross_entropy_of(z, k);
            if (hard ? k == best : !std::isinf(surprise)) sum += (1.0 - beta) * surprise * (hard ? 1.0 : std::exp(-surprise));
        }
        return sum;
    };
}

Row row_of(const Naive& matrix, std::int64_t row) {
    const auto begin = matrix.values.begin() + static_cast<std::ptrdiff_t>(row * matrix.shape[1]);
    return {begin, begin + static_cast<std::ptrdiff_t>(matrix.shape[1])};
}

Reference per_row(const RowFormula& loss) {
    return [=](const std::vector<Naive>& in) {
        return generate({in[0].shape[0]}, [&](const Index& n) { return loss(row_of(in[0], n[0]), static_cast<std::size_t>(in[1][n])); });
    };
}

// sum over classes of t (log t - log p), 0 log 0 = 0.
double divergence(const Row& z, const Row& t) {
    double sum = 0.0;
    for (std::size_t k = 0; k < z.size(); ++k)
        if (t[k] > 0.0) sum += t[k] * (std::log(t[k]) + cross_entropy_of(z, k));
    return sum;
}

Naive divergences(const std::vector<Naive>& in) {
    const Naive targets =
        in.size() > 1 ? in[1] : naive(apps::sample_targets(losses::TargetKind::distribution, Shape(std::span<const std::int64_t>(in[0].shape))));
    return generate({in[0].shape[0]}, [&](const Index& n) { return divergence(row_of(in[0], n[0]), row_of(targets, n[0])); });
}

// The sum divided by something of the inputs.
Reference total(const Reference& losses, const std::function<double(const std::vector<Naive>&)>& divisor) {
    return [=](const std::vector<Naive>& in) {
        double sum = 0.0;
        for (const double value : losses(in).values) sum += value;
        return Naive{{}, {sum / divisor(in)}};
    };
}

double one(const std::vector<Naive>&) { return 1.0; }
double rows(const std::vector<Naive>& in) { return static_cast<double>(in[0].shape[0]); }

std::vector<Inputs> odd_row_batches(losses::TargetKind kind) {
    std::vector<Inputs> inputs;
    for (const Shape& shape : {Shape{1, 2}, Shape{1, 5}, Shape{17, 2}, Shape{37, 3}, Shape{5, 37}, Shape{131, 7}}) inputs.push_back(loss_inputs(kind, shape));
    return inputs;
}

// Of two classes the wrong one has no entropy, whatever the logits: gradients may vanish.
void expect_loss(Expectations& book, const std::string& name, const std::string& variant, const Reference& reference) {
    book.value(name, variant, reference).also(odd_row_batches(losses::make(name)->target_kind())).may_vanish = true;
}

void expect_cross_entropies(Expectations& book) {
    expect_loss(book, "cross_entropy", "", per_row(cross_entropy()));
    expect_loss(book, "cross_entropy", "mean", total(per_row(cross_entropy()), rows));
    expect_loss(book, "cross_entropy", "sum", total(per_row(cross_entropy()), one));
    expect_loss(book, "cross_entropy", "smoothing 0.1", per_row(cross_entropy(0.1)));

    const Row weights = naive(apps::class_weights_of(5)).values;
    const auto weights_of_batch = [=](const std::vector<Naive>& in) {
        double sum = 0.0;
        for (const double own : in[1].values) sum += weights[static_cast<std::size_t>(own)];
        return sum;
    };
    const auto kind = losses::TargetKind::class_index;
    const std::vector<Inputs> of_five_classes{loss_inputs(kind, {1, 5}), loss_inputs(kind, {37, 5})};
    book.value("cross_entropy", "class weights", per_row(cross_entropy(0.0, weights))).also(of_five_classes);
    book.value("cross_entropy", "class weights, smoothing 0.1", per_row(cross_entropy(0.1, weights))).also(of_five_classes);
    book.value("cross_entropy", "class weights, smoothing 0.1, mean", total(per_row(cross_entropy(0.1, weights)), weights_of_batch)).also(of_five_classes);
}

void expect_divergences(Expectations& book) {
    expect_loss(book, "kl_div", "", divergences);
    expect_loss(book, "kl_div", "mean", total(divergences, rows));
    expect_loss(book, "kl_div", "sum", total(divergences, one));
    const Tensor targets = tensor({{0.0, 1.0, 0.0}, {0.25, 0.0, 0.75}}, DType::f64);
    book.value_of("kl_div", "some targets 0", {apps::normal_input({2, 3}), targets}, call_of(losses::make("kl_div", Reduction::none)), divergences);
}

}  // namespace

void expect_row_losses(Expectations& book) {
    expect_cross_entropies(book);
    expect_loss(book, "softmax_focal", "", per_row(softmax_focal(2.0, 1.0)));
    expect_loss(book, "softmax_focal", "gamma 0.5, alpha 0.25", per_row(softmax_focal(0.5, 0.25)));
    expect_loss(book, "complement_entropy", "", per_row(complement_entropy_of));
    expect_loss(book, "cot_objective", "", per_row(cot_objective(0.0)));
    expect_loss(book, "cot_objective", "divided by K - 1", per_row(cot_objective(1.0)));
    expect_loss(book, "cce", "", per_row(cce(-1.0, 1.0)));
    expect_loss(book, "cce", "gamma 2", per_row(cce(2.0, 1.0)));
    expect_loss(book, "cce", "gamma 1, divided by K", per_row(cce(1.0, 0.0)));
    expect_loss(book, "sce", "", per_row(sce(0.1, 1.0, -6.0)));
    expect_loss(book, "sce", "alpha 6, beta 0.1, log_zero -4", per_row(sce(6.0, 0.1, -4.0)));
    expect_loss(book, "bootstrapping", "", per_row(bootstrapping(0.95, false)));
    expect_loss(book, "bootstrapping", "beta 0.3", per_row(bootstrapping(0.3, false)));
    expect_loss(book, "bootstrapping", "hard", per_row(bootstrapping(0.8, true)));
    expect_divergences(book);
}

}  // namespace knoll::records

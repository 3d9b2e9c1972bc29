#include <knoll/apps/plots/loss_curves.h>

#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/losses/registry.h>

#include <cmath>
#include <limits>

namespace knoll::apps {

namespace {

constexpr std::int64_t samples = 481;

struct Curve {
    std::vector<double> value;
    std::vector<double> gradient;
};

Tensor sampled_logits(const LossCurveOptions& options) {
    return options.from + arange(samples, DType::f64) * ((options.to - options.from) / static_cast<double>(samples - 1));
}

Curve multi_label_curve(const losses::Loss& loss, const Tensor& x, double target, const LossCurveOptions& options) {
    const Tensor logit = reshape(x, {samples, 1}).detach().set_requires_grad();
    const Tensor others = zeros({samples, options.classes - 1}, DType::f64);
    const Tensor targets = full({samples, options.classes}, target, DType::f64);
    const Tensor value = select(loss(concat({logit, others}, 1), targets, {.epoch = options.epoch}), 1, 0);
    return {value.to_vector(), grad(sum(value), logit).to_vector()};
}

// Against the logit of class 0, which is the true one or not.
Curve single_label_curve(const losses::Loss& loss, const Tensor& x, std::int64_t true_class, const LossCurveOptions& options) {
    const Tensor logit = reshape(x, {samples, 1}).detach().set_requires_grad();
    const Tensor logits = concat({logit, zeros({samples, options.classes - 1}, DType::f64)}, 1);
    const Tensor value = loss(logits, full({samples}, static_cast<double>(true_class), DType::i64), {.epoch = options.epoch});
    const Tensor gradient = grad(sum(value), logit, {.allow_unused = true});
    return {value.to_vector(), gradient.defined() ? gradient.to_vector() : std::vector<double>(samples, 0.0)};
}

// Losses and their gradients change little from one sample to the next, unless they jump: then the curve has a gap, since a line
// across it would show a slope that is not there.
std::vector<double> broken_at_jumps(std::vector<double> y, const std::vector<double>& x) {
    const double jump = 0.1 + 1.5 * (x[1] - x[0]);  // slopes hardly exceed 1
    const std::vector<double> whole = y;
    for (std::size_t i = 1; i < y.size(); ++i)
        if (std::abs(whole[i] - whole[i - 1]) > jump) y[i] = std::numeric_limits<double>::quiet_NaN();
    return y;
}

LinePlot empty_plot(const std::string& title, const std::string& x_label, const std::string& y_label) {
    return {.title = title, .x_label = x_label, .y_label = y_label, .series = {}};
}

void check_kinds(const std::vector<std::string>& specifications, losses::TargetKind kind) {
    for (const std::string& specification : specifications) {
        const losses::TargetKind other = losses::make(specification)->target_kind();
        require<ValueError>(other == kind, "[plot] expected losses for one kind of target, got ", specifications.front(), " (", kind, ") and ", specification,
                            " (", other, "); plot them apart");
    }
    require<ValueError>(kind != losses::TargetKind::same_class, "[plot] expected losses of a logit, got ", specifications.front(),
                        ", a loss of pairs of embeddings, which has no such curve");
    require<ValueError>(kind == losses::TargetKind::binary || kind == losses::TargetKind::class_index,
                        "[plot] expected losses for binary or class targets, got ", specifications.front(), " for targets of kind ", kind);
}

void add_curve(LinePlot& values, LinePlot& gradients, const std::string& name, const std::vector<double>& x, const Curve& curve) {
    values.series.push_back({.name = name, .x = x, .y = broken_at_jumps(curve.value, x)});
    gradients.series.push_back({.name = name, .x = x, .y = broken_at_jumps(curve.gradient, x)});
}

}  // namespace

std::vector<LinePlot> loss_curves(const std::vector<std::string>& specifications, const LossCurveOptions& options) {
    require<ValueError>(!specifications.empty(), "[plot] expected at least one loss, got none");
    require<ValueError>(options.from < options.to, "[plot] expected --from below --to, got ", options.from, " and ", options.to);
    require<ValueError>(options.classes >= 2, "[plot] expected at least 2 classes, got ", options.classes);
    const losses::TargetKind kind = losses::make(specifications.front())->target_kind();
    check_kinds(specifications, kind);

    const bool single = kind == losses::TargetKind::class_index;
    const Tensor x = sampled_logits(options);
    const std::vector<double> numbers = x.to_vector();
    std::vector<LinePlot> plots;
    for (const bool first : {true, false}) {  // the true class, then a wrong one; a positive target, then a negative one
        const std::string which = single ? (first ? "true class" : "wrong class") : (first ? "positive target" : "negative target");
        const std::string label = single ? text("logit of ", first ? "the true" : "a wrong", " class, ", options.classes - 1, " others at 0") : "logit";
        LinePlot values = empty_plot("Loss, " + which, label, "loss");
        LinePlot gradients = empty_plot("Gradient, " + which, label, "d loss / d logit");
        for (const std::string& specification : specifications) {
            const std::unique_ptr<losses::Loss> loss = losses::make(specification, Reduction::none);
            add_curve(values, gradients, specification, numbers,
                      single ? single_label_curve(*loss, x, first ? 0 : 1, options) : multi_label_curve(*loss, x, first ? 1.0 : 0.0, options));
        }
        plots.push_back(std::move(values));
        plots.push_back(std::move(gradients));
    }
    return plots;
}

}  // namespace knoll::apps

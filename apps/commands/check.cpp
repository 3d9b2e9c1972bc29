#include <knoll/apps/check/diagnosis.h>
#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/commands/loss_call.h>
#include <knoll/core/autograd.h>
#include <knoll/core/files/npy.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/losses/registry.h>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace knoll::apps {

namespace {

using losses::TargetKind;

Numbers gradient_of(const LossCall& call, const Tensor& logits, const Tensor& targets) {
    const Tensor value = (*make_loss(call))(logits, targets, {.epoch = call.epoch});
    return grad(sum(value), logits, {}).to_vector();
}

bool has_parameter(const std::string& loss, const std::string& name) {
    for (const losses::LossInfo& info : losses::registry())
        for (const losses::ParameterInfo& parameter : info.parameters)
            if (info.name == loss && parameter.name == name) return true;
    return false;
}

// The same call with a parameter of another value, and without the one that it has.
LossCall with_parameter(const LossCall& call, const std::string& name, const std::string& value) {
    LossCall changed = call;
    changed.parameters.clear();
    std::string rest = specification(call);
    const std::size_t colon = rest.find(':');
    changed.loss = rest.substr(0, colon);
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
    while (!rest.empty()) {
        const std::string setting = rest.substr(0, rest.find(','));
        rest.erase(0, setting.size() + 1);
        if (setting.rfind(name + "=", 0) != 0) changed.parameters.push_back(setting);
    }
    changed.parameters.push_back(name + "=" + value);
    return changed;
}

// d loss / d p where d loss / d logit was asked for, p being the sigmoid of the logit.
Numbers by_probability(const Numbers& gradient, const Numbers& logits) {
    Numbers changed = gradient;
    for (std::size_t i = 0; i < changed.size(); ++i) changed[i] *= 2.0 + 2.0 * std::cosh(logits[i]);  // 1 / (p (1 - p))
    return changed;
}

std::vector<Variant> variants_of(const LossCall& call, const Tensor& logits, const Tensor& targets, const Numbers& expected) {
    std::vector<Variant> variants{{"", expected}};
    const auto add = [&](const std::string& mistake, Numbers gradient) {
        if (gradient != expected) variants.push_back({mistake, std::move(gradient)});
    };
    const std::string spec = specification(call);
    if (has_parameter(spec.substr(0, spec.find(':')), "detach")) {
        add("with detach=1 it agrees: its weights are held constant (detached)", gradient_of(with_parameter(call, "detach", "1"), logits, targets));
        add("with detach=0 it agrees: its weights are differentiated too", gradient_of(with_parameter(call, "detach", "0"), logits, targets));
    }
    for (const int epoch : {call.epoch - 1, call.epoch + 1}) {
        if (epoch < 0) continue;
        LossCall other = call;
        other.epoch = epoch;
        add(text("with --epoch ", epoch, " it agrees: epochs count from 0"), gradient_of(other, logits, targets));
    }
    if (make_loss(call)->target_kind() == TargetKind::binary)
        add("it agrees as the gradient by the probabilities: the sigmoid's own derivative p (1 - p) is missing", by_probability(expected, logits.to_vector()));
    return variants;
}

std::vector<bool> positives(TargetKind kind, const Tensor& targets, std::size_t elements) {
    std::vector<bool> positive;
    const Numbers values = targets.to_vector();
    if (kind == TargetKind::binary)
        for (const double value : values) positive.push_back(value > 0.5);
    if (kind == TargetKind::class_index) {
        const std::size_t classes = elements / values.size();
        for (std::size_t i = 0; i < elements; ++i) positive.push_back(values[i / classes] == static_cast<double>(i % classes));
    }
    return positive;
}

double default_tolerance(DType dtype) { return dtype == DType::f32 ? 1e-4 : 1e-9; }

}  // namespace

int run(const CheckOptions& options, Console& console) {
    const auto loss = make_loss(options);
    const Tensor logits = load_floating(options.logits, DType::f64).set_requires_grad();
    const Tensor targets = load_targets(options, loss->target_kind(), DType::f64);
    const Tensor given = load_npy(options.grad);
    require<DTypeError>(is_floating(given.dtype()), "[check] expected a gradient of f32 or f64 in ", options.grad, ", got ", given.dtype());
    require<ShapeError>(given.shape() == logits.shape(), "[check] expected a gradient of the logits' shape ", logits.shape(), ", got ", given.shape());

    const Numbers expected = gradient_of(options, logits, targets);
    const Numbers got = given.to_vector();
    const double tolerance = options.tolerance.value_or(default_tolerance(given.dtype()));
    const Comparison comparison = compare(expected, got, tolerance);
    const std::string name = specification(options);
    if (comparison.agrees()) {
        console.out << text(name, ": agrees in all ", got.size(), " elements; largest relative difference ", static_cast<float>(comparison.largest),
                            " (tolerance ", tolerance, ")\n");
        return exit_done;
    }

    const std::size_t worst = comparison.worst;
    const bool per_row = loss->target_kind() == TargetKind::class_index || loss->target_kind() == TargetKind::same_class;
    const std::size_t target = per_row ? worst / static_cast<std::size_t>(logits.size(-1)) : worst;
    console.out << text(name, ": departs in ", comparison.departing.size(), " of ", got.size(), " elements (", given.dtype(), ", tolerance ", tolerance, ")\n");
    console.out << text("worst at ", index_text(static_cast<std::int64_t>(worst), logits.shape()), ": logit ", logits.to_vector()[worst],
                        per_row ? ", class " : ", target ", targets.to_vector()[target], ", expected ", expected[worst], ", got ", got[worst], "\n");
    const std::string diagnosis = diagnose({.shape = logits.shape(),
                                            .logits = logits.to_vector(),
                                            .positive = positives(loss->target_kind(), targets, got.size()),
                                            .variants = variants_of(options, logits, targets, expected),
                                            .got = got,
                                            .tolerance = tolerance});
    if (!diagnosis.empty()) console.out << "diagnosis: " << diagnosis << '\n';
    return exit_check_failed;
}

}  // namespace knoll::apps

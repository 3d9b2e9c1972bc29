#include <knoll/apps/training/hyperparameters.h>

#include <knoll/apps/terminal/suggestion.h>
#include <knoll/core/text.h>
#include <knoll/nn/optim/adam.h>
#include <knoll/nn/optim/rmsprop.h>
#include <knoll/nn/optim/sgd.h>

#include <algorithm>

namespace knoll::apps {

namespace {

// Parameters in two groups, so that decay spares biases and normalisation.
template <class Kind, class Options>
std::unique_ptr<nn::Optimizer> make_with_decay(const nn::Sequential& model, Options options, double weight_decay) {
    std::vector<Tensor> decayed;
    std::vector<Tensor> spared;
    for (const Tensor& parameter : model.parameters()) (parameter.rank() >= 2 ? decayed : spared).push_back(parameter);
    std::vector<nn::ParameterGroup<Options>> groups;
    options.weight_decay = weight_decay;
    if (!decayed.empty()) groups.push_back({decayed, options});
    options.weight_decay = 0;
    if (!spared.empty()) groups.push_back({spared, options});
    return std::make_unique<Kind>(groups);
}

}  // namespace

Hyperparameters with_options(const Hyperparameters& initial, const TrainingOptions& options) {
    return {.epochs = options.epochs.value_or(initial.epochs),
            .batch = options.batch.value_or(initial.batch),
            .learning_rate = options.learning_rate.value_or(initial.learning_rate),
            .optimizer = options.optimizer.value_or(initial.optimizer),
            .schedule = options.schedule.value_or(initial.schedule),
            .weight_decay = options.weight_decay.value_or(initial.weight_decay),
            .ema = options.ema.value_or(initial.ema)};
}

NamedTexts describe(const Hyperparameters& h) {
    return {{"epochs", text(h.epochs)}, {"batch", text(h.batch)}, {"lr", text(h.learning_rate)},
            {"optimizer", h.optimizer}, {"schedule", h.schedule}, {"weight-decay", text(h.weight_decay)},
            {"ema", text(h.ema)}};
}

const std::vector<std::string>& optimizer_names() {
    static const std::vector<std::string> names{"sgd", "nesterov", "adam", "adamw", "rmsprop"};
    return names;
}

const std::vector<std::string>& schedule_names() {
    static const std::vector<std::string> names{"constant", "step", "cosine", "one-cycle", "warmup-cosine"};
    return names;
}

std::unique_ptr<nn::Optimizer> make_optimizer(const nn::Sequential& model, const Hyperparameters& h) {
    if (h.optimizer == "sgd") return make_with_decay<nn::SGD>(model, nn::SGDOptions{.learning_rate = h.learning_rate, .momentum = 0.9}, h.weight_decay);
    if (h.optimizer == "nesterov")
        return make_with_decay<nn::SGD>(model, nn::SGDOptions{.learning_rate = h.learning_rate, .momentum = 0.9, .nesterov = true}, h.weight_decay);
    if (h.optimizer == "adam") return make_with_decay<nn::Adam>(model, nn::AdamOptions{.learning_rate = h.learning_rate}, h.weight_decay);
    if (h.optimizer == "adamw") return make_with_decay<nn::AdamW>(model, nn::AdamWOptions{.learning_rate = h.learning_rate}, h.weight_decay);
    if (h.optimizer == "rmsprop") return make_with_decay<nn::RMSprop>(model, nn::RMSpropOptions{.learning_rate = h.learning_rate}, h.weight_decay);
    fail<ValueError>("[train] expected --optimizer to be a known name, got ", h.optimizer, suggestion(h.optimizer, optimizer_names()));
}

nn::RateCurve make_curve(const Hyperparameters& h, std::int64_t total_steps) {
    const std::int64_t steps = std::max<std::int64_t>(total_steps, 1);
    if (h.schedule == "constant") return [](double base, std::int64_t) { return base; };
    if (h.schedule == "step")
        return [steps](double base, std::int64_t step) { return 4 * step >= 3 * steps ? base / 100 : 2 * step >= steps ? base / 10 : base; };
    if (h.schedule == "cosine") return nn::CosineAnnealingLR{.t_max = steps};
    if (h.schedule == "one-cycle") return nn::OneCycleLR{.total_steps = steps, .pct_start = 0.2};
    if (h.schedule == "warmup-cosine") {
        const std::int64_t warm_up = std::max<std::int64_t>(steps / 20, 1);
        return nn::WarmUp{.steps = warm_up, .start_factor = 0.1, .then = nn::CosineAnnealingLR{.t_max = std::max<std::int64_t>(steps - warm_up, 1)}};
    }
    fail<ValueError>("[train] expected --schedule to be a known name, got ", h.schedule, suggestion(h.schedule, schedule_names()));
}

}  // namespace knoll::apps

// Influence: which pairs of a contrastive training set do harm, foretold from derivatives and found by training again without them.
#include <knoll/apps/plots/plot.h>
#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/influence/influence_scores.h>
#include <knoll/apps/tasks/influence/paired_images.h>
#include <knoll/apps/tasks/influence/two_towers.h>
#include <knoll/apps/tasks/task_numbers.h>
#include <knoll/apps/tasks/tasks.h>
#include <knoll/apps/training/data_source.h>
#include <knoll/apps/training/task.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/ops.h>
#include <knoll/core/text.h>
#include <knoll/data/metrics/ranking.h>
#include <knoll/losses/paired_contrastive.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace knoll::apps {

namespace {

constexpr std::int64_t usual_pairs = 120;
constexpr std::int64_t validation_pairs = 240;
constexpr std::int64_t steps_in_epoch = 100;  // of all pairs each
constexpr std::int64_t hidden_units = 10;
constexpr std::int64_t paired_length = 6;
constexpr double pair_temperature = 0.1;
constexpr double weight_penalty = 6e-2;
constexpr std::size_t most_trained_again = 24;  // pairs, half of them mismatched
constexpr int curve_products = 100;
constexpr std::size_t pairs_shown = 8;

// The pairs that are trained without, a quarter of them at most: as many mismatched ones as others, the first of each.
std::vector<std::size_t> pairs_to_leave_out(const std::vector<bool>& mismatched) {
    const std::size_t each = std::max<std::size_t>(std::min(most_trained_again, mismatched.size() / 4) / 2, 1);
    std::vector<std::size_t> chosen;
    for (const bool wanted : {true, false}) {
        std::size_t found = 0;
        for (std::size_t n = 0; n < mismatched.size() && found < each; ++n) {
            if (mismatched[n] != wanted) continue;
            chosen.push_back(n);
            ++found;
        }
    }
    return chosen;
}

std::vector<std::size_t> ascending_order(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    return order;
}

// What is below 0 did harm: harm is found where it is least.
double auc_of(const std::vector<double>& changes, const std::vector<bool>& mismatched) {
    std::vector<double> harm;
    harm.reserve(changes.size());
    for (const double change : changes) harm.push_back(-change);
    return 100 * metrics::roc_auc(harm, mismatched);
}

class InfluenceTask final : public Task {
public:
    explicit InfluenceTask(const TrainingOptions& options)
        : pairs_(options.train_size.value_or(usual_pairs)),
          share_(task_number(influence_info(), options, "mismatched", 0, 1)),
          source_(load_single_label(without_sizes(options))),
          validation_(pair_halves(source_.test, {.count = options.test_size.value_or(validation_pairs), .seed = 0})) {
        const std::vector<bool> mismatched = training_pairs(options.seed).mismatched;
        const auto wrong = std::count(mismatched.begin(), mismatched.end(), true);
        require<ValueError>(wrong >= 1 && wrong < pairs_, "[influence] expected mismatched and other pairs, got ", wrong, " mismatched of ", pairs_,
                            "; take another --mismatched or a larger --train-size");
    }

    TaskInfo info() const override { return influence_info(); }
    std::string data_name() const override { return source_.name + " halves"; }

    NamedTexts describe() const override {
        return {{"data", data_name()},
                {"training pairs", text(pairs_)},
                {"mismatched", text(share_)},
                {"validation pairs", text(validation_.images.size(0))},
                {"model", "two_towers"}};
    }

    Hyperparameters defaults(const Method&) const override {
        return {.epochs = 10, .batch = pairs_, .learning_rate = 5e-3, .optimizer = "adam", .schedule = "cosine", .weight_decay = 0, .ema = 0};
    }

    nn::Sequential make_model(const Method&) const override {
        const Shape image = validation_.images.shape();
        nn::Sequential model;
        model.append("towers", TwoTowers{image[1] * (image[2] / 2) * image[3], hidden_units, paired_length});
        return model;
    }

    Learning learning(const Method&, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        require<ValueError>(
            hyperparameters.batch == pairs_ && hyperparameters.weight_decay == 0,
            "[influence] expected the whole training set as a batch and no --weight-decay, for derivatives are taken where the loss of all pairs, "
            "with a penalty of its own, is least; got --batch ",
            hyperparameters.batch, " for ", pairs_, " pairs and --weight-decay ", hyperparameters.weight_decay);
        const std::int64_t count = pairs_;
        const data::Sampler sampler{count * steps_in_epoch, [count](Rng) {
                                        std::vector<std::int64_t> order(static_cast<std::size_t>(count * steps_in_epoch));
                                        for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i) % count;
                                        return order;
                                    }};
        const auto batches = [set = training_pairs(seed).set(), seed, sampler](std::int64_t batch, std::int64_t epoch, std::int64_t first) {
            return data::Loader{set, {.batch_size = batch, .seed = seed, .epoch = epoch, .first_batch = first, .sampler = sampler}};
        };
        const BatchLoss loss = [parameters = model.parameters()](const Tensor& embeddings, const Tensor&, int) {
            Tensor total = mean(losses::positive_role(losses::paired_similarities(select(embeddings, 1, 0), select(embeddings, 1, 1), pair_temperature)));
            for (const Tensor& parameter : parameters) total = total + 0.5 * weight_penalty * sum(square(parameter));
            return total;
        };
        return {{.count = sampler.draws(), .batches = batches}, make_descent(loss, make_optimizer(model, hyperparameters))};
    }

    Evaluation evaluate(const Method& method, nn::Sequential& model, const EvaluationRequest& request) const override {
        const PairedImages pairs = training_pairs(request.seed);
        const PairedProblem problem{model, pairs.images, validation_.images, pair_temperature, weight_penalty};
        if (!request.is_final) return while_training(method, problem, pairs);

        const nn::NewtonOptions exact{.tolerance = 1e-6, .max_steps = 200};
        const nn::NewtonResult trained = nn::minimize_by_newton([&](const Tensor& at) { return problem.objective(at); }, problem.weights(), exact);
        const Foretold foretold = foretell(method.loss, problem, trained.solution);
        const std::vector<std::size_t> left_out = pairs_to_leave_out(pairs.mismatched);
        std::vector<double> found, expected;
        for (const std::size_t n : left_out) {
            found.push_back(exact_change(problem, trained.solution, static_cast<std::int64_t>(n), exact));
            expected.push_back(foretold.changes[n]);
        }
        return {.metrics = {{"AUC", auc_of(foretold.changes, pairs.mismatched)}, {"correlation", 100 * metrics::correlation(expected, found)}},
                .galleries = {extremes(pairs, foretold.changes)},
                .figures = {against_exact(method.loss, expected, found)}};
    }

    std::string title() const override { return "Influence of single pairs: " + source_.name; }
    std::string introduction() const override {
        return text("Two towers learn which upper half of an image belongs to which lower half, from ", pairs_, " pairs of which ",
                    std::llround(share_ * static_cast<double>(pairs_)), " are mismatched. Each method foretells how the loss of ", validation_.images.size(0),
                    " other pairs would change if one training pair were deleted; all train the same model. AUC asks whether the mismatched pairs are among "
                    "those that are said to do harm (50 is chance), correlation compares "
                    "some foretold changes with those found by training again without the pair.");
    }
    std::vector<ExampleImage> examples(std::uint64_t seed) const override {
        const PairedImages pairs = training_pairs(seed);
        std::vector<ExampleImage> shown;
        for (std::size_t n = 0; n < std::min<std::size_t>(pairs.mismatched.size(), 12); ++n) shown.push_back(picture(pairs, n, ""));
        return shown;
    }
    std::string examples_introduction() const override { return "Training pairs, the upper half above the lower; those framed red are mismatched."; }

private:
    // What takes no training: the weights are at no minimum yet, and few products have to do.
    static Evaluation while_training(const Method& method, const PairedProblem& problem, const PairedImages& pairs) {
        const Foretold foretold = foretell(method.loss, problem, problem.weights(), curve_products);
        return {.metrics = {{"AUC", auc_of(foretold.changes, pairs.mismatched)}, {"correlation", std::numeric_limits<double>::quiet_NaN()}}};
    }

    static TrainingOptions without_sizes(TrainingOptions options) {
        require<ValueError>(!options.model, "[influence] expected no --model, got ", options.model.value_or(""), "; the task has a small one of its own");
        options.train_size = options.test_size = std::nullopt;
        if (options.data == "shapes") options.train_size = options.test_size = 1000;  // more than enough, and drawn at once
        return options;
    }

    PairedImages training_pairs(std::uint64_t seed) const { return pair_halves(source_.train, {.count = pairs_, .mismatched = share_, .seed = seed}); }

    static ExampleImage picture(const PairedImages& pairs, std::size_t n, const std::string& label) {
        ExampleImage image{.data_uri = png_data_uri(select(pairs.pictures, 0, static_cast<std::int64_t>(n))),
                           .mark = pairs.mismatched[n] ? Mark::wrong : Mark::none};
        if (!label.empty()) image.observed = {label};
        return image;
    }

    static std::string thousandths(double value) { return text(std::round(1e4 * value) / 10); }

    static Gallery extremes(const PairedImages& pairs, const std::vector<double>& changes) {
        const std::vector<std::size_t> order = ascending_order(changes);
        const std::size_t count = std::min(pairs_shown, order.size());
        Gallery gallery{
            .title = "Harmful and helpful pairs",
            .introduction = "With the foretold change of the validation loss, times 1000, if the pair were deleted. Mismatched pairs have a red frame.",
            .rows = {{.caption = "most harmful"}, {.caption = "most helpful"}}};
        for (std::size_t i = 0; i < count; ++i) {
            gallery.rows[0].images.push_back(picture(pairs, order[i], thousandths(changes[order[i]])));
            const std::size_t last = order[order.size() - 1 - i];
            gallery.rows[1].images.push_back(picture(pairs, last, thousandths(changes[last])));
        }
        return gallery;
    }

    // In the order of what was found. A norm has another unit, and is scaled to the same spread.
    static Figure against_exact(const std::string& method, const std::vector<double>& expected, const std::vector<double>& found) {
        LinePlot plot{.title = "Change of the validation loss without a pair, times 1000",
                      .x_label = "pair, in the order of the change found",
                      .y_label = "change",
                      .markers = true,
                      .whole_x = true};
        Series exact{.name = "trained again", .x = {}, .y = {}, .reference = true}, told{.name = method, .x = {}, .y = {}};
        const double scale = method == "gradient_norm" ? spread(found) / spread(expected) : 1;
        for (const std::size_t n : ascending_order(found)) {
            const auto place = static_cast<double>(exact.x.size() + 1);
            exact.x.push_back(place);
            exact.y.push_back(1000 * found[n]);
            told.x.push_back(place);
            told.y.push_back(1000 * scale * expected[n]);
        }
        plot.series = {exact, told};
        return {.svg = line_plot(plot), .caption = "Foretold by " + method + " and found by training again, pair by pair"};
    }

    static double spread(const std::vector<double>& values) {
        return *std::max_element(values.begin(), values.end()) - *std::min_element(values.begin(), values.end());
    }

    std::int64_t pairs_;
    double share_;
    SingleLabelData source_;
    PairedImages validation_;
};

}  // namespace

TaskInfo influence_info() {
    return {.name = "influence",
            .summary = "which pairs of a contrastive training set do harm; ecif, positive_only or gradient_norm foretell it",
            .targets = losses::TargetKind::same_class,
            .options = {{"mismatched", "0.2", {}, "share of the training pairs that are mismatched"}},
            .procedures = influence_names(),
            .methods = influence_names()};
}

std::unique_ptr<Task> make_influence_task(const TrainingOptions& options) { return std::make_unique<InfluenceTask>(options); }

}  // namespace knoll::apps

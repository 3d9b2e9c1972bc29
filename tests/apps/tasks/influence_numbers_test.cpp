// The task of influence: what it takes, and its numbers and pictures, pair by pair.
#include "apps/procedures/naive_slope.h"
#include "apps/tasks/own_task.h"

#include <knoll/apps/plots/plot.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/influence/influence_scores.h>
#include <knoll/apps/tasks/influence/paired_images.h>
#include <knoll/core/core.h>
#include <knoll/core/text.h>
#include <knoll/data/synthetic/shapes.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace knoll;
using test::method_of;
using test::Numbers;
using test::task_on_shapes;

namespace {

double naive_auc(const Numbers& changes, const std::vector<bool>& mismatched) {
    double right = 0, pairs = 0;
    for (std::size_t a = 0; a < changes.size(); ++a)
        for (std::size_t b = 0; b < changes.size(); ++b) {
            if (!mismatched[a] || mismatched[b]) continue;
            pairs += 1;
            right += changes[a] < changes[b] ? 1 : changes[a] == changes[b] ? 0.5 : 0;
        }
    return 100 * right / pairs;
}

double naive_correlation(const Numbers& a, const Numbers& b) {
    const auto count = static_cast<double>(a.size());
    const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / count, mean_b = std::accumulate(b.begin(), b.end(), 0.0) / count;
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return 100 * ab / std::sqrt(aa * bb);
}

std::vector<std::size_t> from_lowest(const Numbers& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    return order;
}

double spread_of(const Numbers& values) { return *std::max_element(values.begin(), values.end()) - *std::min_element(values.begin(), values.end()); }

}  // namespace

TEST_CASE("the task of influence says what it takes, and begins with the numbers of its page") {
    apps::TrainingOptions options;
    options.data = "shapes";
    const auto task = apps::find_task("influence").make(options);
    CHECK(task->describe() ==
          apps::NamedTexts{
              {"data", "drawn shapes halves"}, {"training pairs", "120"}, {"mismatched", "0.2"}, {"validation pairs", "240"}, {"model", "two_towers"}});
    const apps::Method method = method_of(*task, "ecif");
    const apps::Hyperparameters defaults = task->defaults(method);
    CHECK(defaults.epochs == 10);
    CHECK(defaults.batch == 120);
    CHECK(defaults.learning_rate == 5e-3);
    CHECK(defaults.optimizer == "adam");
    CHECK(defaults.schedule == "cosine");
    CHECK(defaults.weight_decay == 0);
    CHECK(defaults.ema == 0);
    CHECK(task->info().methods == std::vector<std::string>{"ecif", "positive_only", "gradient_norm"});
    CHECK(task->title() == "Influence of single pairs: drawn shapes");
    CHECK(
        task->introduction().rfind("Two towers learn which upper half of an image belongs to which lower half, from 120 pairs of which 24 are mismatched. Each "
                                   "method foretells how the loss of 240 other pairs would change",
                                   0) == 0);
    const nn::Sequential model = task->make_model(method);
    REQUIRE(model.parameters().size() == 8);
    CHECK(model.parameters()[0].shape() == Shape{10, 21});
    CHECK(model.parameters()[2].shape() == Shape{6, 10});
    const std::vector<apps::ExampleImage> shown = task->examples(3);
    REQUIRE(shown.size() == 12);
    const apps::PairedImages pairs =
        apps::pair_halves(data::draw_shapes({.count = 1000, .seed = 1, .noise = 0.1}), {.count = 120, .mismatched = 0.2, .seed = 3});
    for (std::size_t n = 0; n < 12; ++n) {
        CHECK(shown[n].mark == (pairs.mismatched[n] ? apps::Mark::wrong : apps::Mark::none));
        CHECK(shown[n].data_uri == apps::png_data_uri(select(pairs.pictures, 0, static_cast<std::int64_t>(n))));
        CHECK(shown[n].observed.empty());
    }
    CHECK(task->examples(4)[0].data_uri != shown[0].data_uri);
    CHECK(task_on_shapes("influence", {.train = 9, .test = 8})->examples(3).size() == 9);
    CHECK_THROWS_WITH(task_on_shapes("influence", {.train = 20, .test = 8, .options = {{"mismatched", "1.5"}}}),
                      "[influence] expected --mismatched to be a number in [0, 1], got 1.5");
    CHECK_NOTHROW(task_on_shapes("influence", {.train = 20, .test = 8, .options = {{"mismatched", "0.95"}}}));
    CHECK_THROWS_WITH(task_on_shapes("influence", {.train = 20, .test = 8, .options = {{"mismatched", "0.01"}}}),
                      "[influence] expected mismatched and other pairs, got 0 mismatched of 20; take another --mismatched or a larger --train-size");
    CHECK_THROWS_WITH(task_on_shapes("influence", {.train = 20, .test = 8, .options = {{"mismatched", "1"}}}),
                      "[influence] expected mismatched and other pairs, got 20 mismatched of 20; take another --mismatched or a larger --train-size");
}

TEST_CASE("influence trains on all pairs at once, a hundred steps an epoch, with the penalty that its derivatives have") {
    const auto task = task_on_shapes("influence", {.train = 9, .test = 8});
    const apps::Method method = method_of(*task, "ecif");
    nn::Sequential model = task->make_model(method);
    Rng rng{1};
    model.initialize(rng);
    const apps::Learning learning = task->learning(method, model, task->defaults(method), 2);
    CHECK(learning.data.count == 900);
    int batches = 0;
    for (const data::Batch& batch : learning.data.batches(9, 0, 0)) {
        CHECK(batch.indices.to_vector() == Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8});
        ++batches;
    }
    CHECK(batches == 100);
    const apps::PairedImages pairs = apps::pair_halves(data::draw_shapes({.count = 1000, .seed = 1, .noise = 0.1}), {.count = 9, .mismatched = 0.2, .seed = 2});
    const data::Batch batch = *learning.data.batches(9, 0, 0).begin();
    CHECK(batch.images.to_vector() == pairs.images.to_vector());
    const apps::PairedProblem problem{model, pairs.images, pairs.images, 0.1, 6e-2};
    const double expected = problem.objective(problem.weights()).item();
    CHECK(learning.procedure->step(model, batch, 0) == Approx(expected).epsilon(1e-4));
    apps::Hyperparameters other = task->defaults(method);
    other.batch = 8;
    CHECK_THROWS_AS(task->learning(method, model, other, 2), ValueError);
    other = task->defaults(method);
    other.weight_decay = 0.1;
    CHECK_THROWS_AS(task->learning(method, model, other, 2), ValueError);
}

TEST_CASE("the scores, pictures and plot of influence are those of what is foretold and found, pair by pair") {
    const auto task = task_on_shapes("influence", {.train = 17, .test = 9, .options = {{"mismatched", "0.3"}}});
    const apps::Method ecif = method_of(*task, "ecif");
    nn::Sequential model = task->make_model(ecif);
    Rng rng{1};
    model.initialize(rng);
    const apps::Learning learning = task->learning(ecif, model, task->defaults(ecif), 5);
    for (const data::Batch& batch : learning.data.batches(17, 0, 0)) learning.procedure->step(model, batch, 0);
    model.eval();

    const apps::PairedImages pairs =
        apps::pair_halves(data::draw_shapes({.count = 1000, .seed = 1, .noise = 0.1}), {.count = 17, .mismatched = 0.3, .seed = 5});
    const apps::PairedImages judges = apps::pair_halves(data::draw_shapes({.count = 1000, .seed = 2, .noise = 0.1}), {.count = 9, .seed = 0});
    const apps::PairedProblem problem{model, pairs.images, judges.images, 0.1, 6e-2};
    const nn::NewtonOptions exact{.tolerance = 1e-6, .max_steps = 200};
    const Tensor trained = nn::minimize_by_newton([&](const Tensor& at) { return problem.objective(at); }, problem.weights(), exact).solution;
    // A quarter of 17 is four: the first two mismatched pairs and the first two others.
    std::vector<std::size_t> left_out;
    for (const bool wanted : {true, false})
        for (std::size_t n = 0, found = 0; found < 2; ++n)
            if (pairs.mismatched[n] == wanted) {
                left_out.push_back(n);
                ++found;
            }
    Numbers found;
    for (const std::size_t n : left_out) found.push_back(apps::exact_change(problem, trained, static_cast<std::int64_t>(n), exact));
    for (const std::string name : {"ecif", "gradient_norm"}) {
        INFO(name);
        const Numbers changes = apps::foretell(name, problem, trained).changes;
        Numbers expected;
        for (const std::size_t n : left_out) expected.push_back(changes[n]);
        const apps::Evaluation evaluation = task->evaluate(method_of(*task, name), model, {.seed = 5});
        REQUIRE(evaluation.metrics.size() == 2);
        CHECK(evaluation.metrics[0].name == "AUC");
        CHECK(evaluation.metrics[0].value == Approx(naive_auc(changes, pairs.mismatched)));
        CHECK(evaluation.metrics[1].name == "correlation");
        CHECK(evaluation.metrics[1].value == Approx(naive_correlation(expected, found)));

        REQUIRE(evaluation.galleries.size() == 1);
        REQUIRE(evaluation.galleries[0].rows.size() == 2);
        const std::vector<std::size_t> order = from_lowest(changes);
        for (std::size_t row = 0; row < 2; ++row) {
            const apps::GalleryRow& shown = evaluation.galleries[0].rows[row];
            CHECK(shown.caption == (row == 0 ? "most harmful" : "most helpful"));
            REQUIRE(shown.images.size() == 8);
            for (std::size_t i = 0; i < 8; ++i) {
                const std::size_t n = row == 0 ? order[i] : order[16 - i];
                CHECK(shown.images[i].data_uri == apps::png_data_uri(select(pairs.pictures, 0, static_cast<std::int64_t>(n))));
                CHECK(shown.images[i].mark == (pairs.mismatched[n] ? apps::Mark::wrong : apps::Mark::none));
                CHECK(shown.images[i].observed == std::vector<std::string>{text(std::round(10 * 1000 * changes[n]) / 10)});
            }
        }

        REQUIRE(evaluation.figures.size() == 1);
        CHECK(evaluation.figures[0].caption == "Foretold by " + name + " and found by training again, pair by pair");
        apps::LinePlot plot{.title = "Change of the validation loss without a pair, times 1000",
                            .x_label = "pair, in the order of the change found",
                            .y_label = "change",
                            .markers = true,
                            .whole_x = true};
        plot.series = {{.name = "trained again", .x = {}, .y = {}, .reference = true}, {.name = name, .x = {}, .y = {}}};
        for (const std::size_t i : from_lowest(found)) {
            for (apps::Series& series : plot.series) series.x.push_back(static_cast<double>(series.x.size() + 1));
            plot.series[0].y.push_back(1000 * found[i]);
            plot.series[1].y.push_back(1000 * expected[i] * (name == "ecif" ? 1 : spread_of(found) / spread_of(expected)));
        }
        CHECK(evaluation.figures[0].svg == apps::line_plot(plot));

        // While training: by the weights as they are and a hundred products, and nothing is trained again.
        const apps::Evaluation midway = task->evaluate(method_of(*task, name), model, {.seed = 5, .is_final = false});
        CHECK(midway.metrics[0].value == Approx(naive_auc(apps::foretell(name, problem, problem.weights(), 100).changes, pairs.mismatched)));
        CHECK(std::isnan(midway.metrics[1].value));
        CHECK(midway.galleries.empty());
        CHECK(midway.figures.empty());
    }
}

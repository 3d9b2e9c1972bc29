// Influence: the problem and what is foretold against plain loops with a Hessian by differences, and the task's numbers and pictures.
#include "apps/procedures/naive_slope.h"
#include "apps/tasks/own_task.h"
#include "support/close.h"

#include <knoll/apps/plots/plot.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/influence/influence_scores.h>
#include <knoll/apps/tasks/influence/paired_images.h>
#include <knoll/apps/tasks/influence/two_towers.h>
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

constexpr std::size_t rows_of_image = 5, columns = 3, half = 2 * columns, units = 2, tower_length = 2;
constexpr std::size_t of_tower = units * half + units + tower_length * units + tower_length;
constexpr double temperature = 0.3, decay = 0.04;

using Points = std::vector<Numbers>;

// The embeddings of one half of every image.
Points naive_tower(const Numbers& w, std::size_t tower, const Numbers& images) {
    Points points;
    const auto at = [&](std::size_t i) { return w[tower * of_tower + i]; };
    for (std::size_t begin = 0; begin < images.size(); begin += rows_of_image * columns) {
        // The row in the middle is in neither half.
        const std::size_t first = begin + (tower == 0 ? 0 : 3 * columns);
        Numbers hidden(units), x(tower_length);
        for (std::size_t h = 0; h < units; ++h) {
            hidden[h] = at(units * half + h);
            for (std::size_t i = 0; i < half; ++i) hidden[h] += at(h * half + i) * images[first + i];
            hidden[h] = std::tanh(hidden[h]);
        }
        double square = 1;
        for (std::size_t d = 0; d < tower_length; ++d) {
            x[d] = at(units * half + units + tower_length * units + d);
            for (std::size_t h = 0; h < units; ++h) x[d] += at(units * half + units + d * units + h) * hidden[h];
            square += x[d] * x[d];
        }
        for (double& value : x) value /= std::sqrt(square);
        points.push_back(x);
    }
    return points;
}

// exp(S) of all pairs.
std::vector<Numbers> naive_weights(const Numbers& w, const Numbers& images) {
    const Points u = naive_tower(w, 0, images), v = naive_tower(w, 1, images);
    std::vector<Numbers> e(u.size(), Numbers(u.size()));
    for (std::size_t i = 0; i < u.size(); ++i)
        for (std::size_t j = 0; j < u.size(); ++j) e[i][j] = std::exp((u[i][0] * v[j][0] + u[i][1] * v[j][1]) / temperature);
    return e;
}

double row_sum(const std::vector<Numbers>& e, std::size_t i) { return std::accumulate(e[i].begin(), e[i].end(), 0.0); }
double column_sum(const std::vector<Numbers>& e, std::size_t j) {
    return std::accumulate(e.begin(), e.end(), 0.0, [j](double sum, const Numbers& row) { return sum + row[j]; });
}

double naive_positive(const std::vector<Numbers>& e, std::size_t n) { return -std::log(e[n][n] / row_sum(e, n)) - std::log(e[n][n] / column_sum(e, n)); }

double naive_negative(const std::vector<Numbers>& e, std::size_t n) {
    double sum = 0;
    for (std::size_t k = 0; k < e.size(); ++k)
        if (k != n) sum += e[k][n] / row_sum(e, k) + e[n][k] / column_sum(e, k);
    return sum;
}

double naive_loss(const Numbers& w, const Numbers& images) {
    const std::vector<Numbers> e = naive_weights(w, images);
    double sum = 0;
    for (std::size_t n = 0; n < e.size(); ++n) sum += naive_positive(e, n);
    return sum;
}

double naive_penalty(const Numbers& w) {
    double sum = 0;
    for (const double value : w) sum += decay / 2 * value * value;
    return sum;
}

// By elimination with pivots.
Numbers naive_solution(std::vector<Numbers> a, Numbers b) {
    for (std::size_t k = 0; k < b.size(); ++k) {
        std::size_t best = k;
        for (std::size_t i = k; i < b.size(); ++i)
            if (std::abs(a[i][k]) > std::abs(a[best][k])) best = i;
        std::swap(a[k], a[best]);
        std::swap(b[k], b[best]);
        for (std::size_t i = 0; i < b.size(); ++i) {
            if (i == k) continue;
            const double factor = a[i][k] / a[k][k];
            for (std::size_t j = k; j < b.size(); ++j) a[i][j] -= factor * a[k][j];
            b[i] -= factor * b[k];
        }
    }
    for (std::size_t i = 0; i < b.size(); ++i) b[i] /= a[i][i];
    return b;
}

struct SmallProblem {
    Tensor train, validation;
    nn::Sequential model;

    SmallProblem() {
        Rng rng{3};
        train = rand({7, 1, rows_of_image, columns}, rng);
        validation = rand({5, 1, rows_of_image, columns}, rng);
        model.append("towers", apps::TwoTowers{half, units, tower_length});
        model.initialize(rng);
    }
    apps::PairedProblem problem() const { return {model, train, validation, temperature, decay}; }
};

Numbers without(const Numbers& images, std::size_t pair) {
    Numbers others = images;
    const auto begin = others.begin() + static_cast<std::ptrdiff_t>(pair * rows_of_image * columns);
    others.erase(begin, begin + rows_of_image * columns);
    return others;
}

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

TEST_CASE("the objective of pairs, with all and without one, and the validation loss are those of plain loops") {
    const SmallProblem small;
    const apps::PairedProblem problem = small.problem();
    const Numbers train = small.train.to_vector(), validation = small.validation.to_vector();
    CHECK(problem.pairs() == 7);
    Rng rng{1};
    for (const Tensor& weights : {problem.weights(), randn({2 * of_tower}, rng, DType::f64)}) {
        const Numbers w = weights.to_vector();
        REQUIRE(w.size() == 2 * of_tower);
        CHECK(problem.objective(weights).item() == Approx(naive_loss(w, train) / 7 + naive_penalty(w)).epsilon(1e-10));
        for (const std::size_t pair : {0U, 3U, 6U})  // still divided by seven
            CHECK(problem.objective_without(static_cast<std::int64_t>(pair), weights).item() ==
                  Approx(naive_loss(w, without(train, pair)) / 7 + naive_penalty(w)).epsilon(1e-10));
        CHECK(problem.validation_loss(weights).item() == Approx(naive_loss(w, validation) / 5).epsilon(1e-10));
    }
}

TEST_CASE("what is foretold of each pair is what plain loops foretell, by both roles, by one, and by the length of a gradient") {
    const SmallProblem small;
    const apps::PairedProblem problem = small.problem();
    const nn::NewtonResult trained =
        nn::minimize_by_newton([&](const Tensor& at) { return problem.objective(at); }, problem.weights(), {.tolerance = 1e-9, .max_steps = 500});
    REQUIRE(trained.converged);
    const Numbers train = small.train.to_vector(), validation = small.validation.to_vector(), w = trained.solution.to_vector();
    const auto objective = [&](const Numbers& at) { return naive_loss(at, train) / 7 + naive_penalty(at); };
    std::vector<Numbers> hessian;
    for (std::size_t i = 0; i < w.size(); ++i) {
        Numbers above = w, below = w;
        above[i] += 1e-4;
        below[i] -= 1e-4;
        hessian.push_back(test::naive_slope(objective, above));
        const Numbers other = test::naive_slope(objective, below);
        for (std::size_t j = 0; j < w.size(); ++j) hessian[i][j] = (hessian[i][j] - other[j]) / 2e-4;
    }
    const Numbers direction = naive_solution(hessian, test::naive_slope([&](const Numbers& at) { return naive_loss(at, validation) / 5; }, w));
    Numbers both(7), one(7), norms(7);
    for (std::size_t n = 0; n < 7; ++n) {
        const Numbers positive = test::naive_slope([&](const Numbers& at) { return naive_positive(naive_weights(at, train), n); }, w);
        const Numbers negative = test::naive_slope([&](const Numbers& at) { return naive_negative(naive_weights(at, train), n); }, w);
        double square = 0;
        for (std::size_t i = 0; i < w.size(); ++i) {
            both[n] += direction[i] * (positive[i] + negative[i]) / 7;
            one[n] += direction[i] * positive[i] / 7;
            square += positive[i] * positive[i];
        }
        norms[n] = -std::sqrt(square);
    }
    const auto check = [&](const std::string& name, const Numbers& expected) {
        INFO(name);
        const apps::Foretold foretold = apps::foretell(name, problem, trained.solution);
        REQUIRE(foretold.changes.size() == 7);
        for (std::size_t n = 0; n < 7; ++n) CHECK(foretold.changes[n] == Approx(expected[n]).margin(2e-4 * spread_of(expected)));
        CHECK((foretold.products > 0) == (name != "gradient_norm"));
        CHECK(foretold.residual <= 1e-8);
    };
    check("ecif", both);
    check("positive_only", one);
    check("gradient_norm", norms);
    CHECK(apps::foretell("ecif", problem, trained.solution, 3).products == 3);
}

TEST_CASE("pairs of halves are of the middle row up and from it down, each pixel the mean of sixteen, at seed's choice") {
    data::LabeledImages shapes = data::draw_shapes({.count = 30, .size = 20});
    const apps::PairedImages pairs = apps::pair_halves(shapes, {.count = 10, .mismatched = 0.3, .seed = 4});
    const std::vector<std::int64_t> order = data::random_order(30, Rng{4}.fork(0)), places = data::random_order(10, Rng{4}.fork(1));
    REQUIRE(pairs.images.shape() == Shape{10, 1, 5, 5});
    REQUIRE(pairs.pictures.shape() == Shape{10, 1, 20, 20});
    CHECK(pairs.set().count() == 10);
    // The first three of the second order take the next spare image of another class.
    std::vector<std::int64_t> lower(order.begin(), order.begin() + 10);
    std::vector<bool> mismatched(10);
    std::size_t spare = 10;
    for (std::size_t s = 0; s < 3; ++s) {
        const auto place = static_cast<std::size_t>(places[s]);
        while (order[spare] % 10 == order[place] % 10) ++spare;
        lower[place] = order[spare++];
        mismatched[place] = true;
    }
    CHECK(pairs.mismatched == mismatched);
    const auto pixel = [&](std::int64_t image, std::int64_t y, std::int64_t x) { return shapes.images().at<std::uint8_t>(image, 0, y, x) / 255.0; };
    for (std::size_t n = 0; n < 10; ++n) {
        const auto row = static_cast<std::int64_t>(n);
        for (std::int64_t y = 0; y < 20; ++y) CHECK(pairs.pictures.at<float>(row, 0, y, 9) == Approx(pixel(y < 10 ? order[n] : lower[n], y, 9)).margin(1e-6));
        for (std::int64_t y = 0; y < 5; ++y)
            for (std::int64_t x = 0; x < 5; ++x) {
                double mean = 0;
                for (std::int64_t i = 0; i < 4; ++i)
                    for (std::int64_t j = 0; j < 4; ++j) mean += pixel(y < 3 ? order[n] : lower[n], 4 * y + i, 4 * x + j) / 16;
                CHECK(pairs.images.at<float>(row, 0, y, x) == Approx(mean).margin(1e-6));
            }
    }
    CHECK(apps::PairOptions{}.count == 120);
    CHECK(apps::PairOptions{}.mismatched == 0);
    CHECK(apps::PairOptions{}.seed == 1);
    CHECK_THROWS_WITH(apps::pair_halves(shapes, {.count = 31}), "[influence] expected at least 31 images for 31 pairs, got 30");
    CHECK_NOTHROW(apps::pair_halves(shapes, {.count = 30}));
    CHECK_THROWS_WITH(apps::pair_halves(data::draw_shapes({.count = 30, .size = 7}), {.count = 10}),
                      Catch::StartsWith("[influence] expected images of at least 8x4 pixels, got examples of shape"));
}

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

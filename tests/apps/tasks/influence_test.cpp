#include <knoll/apps/report/results_files.h>
#include <knoll/apps/tasks/influence/influence_scores.h>
#include <knoll/apps/tasks/influence/paired_images.h>
#include <knoll/apps/tasks/influence/two_towers.h>
#include <knoll/core/core.h>
#include <knoll/data/synthetic/shapes.h>
#include <knoll/losses/paired_contrastive.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace knoll;

TEST_CASE("pairs of halves are of one image, but for the mismatched ones, and depend on the seed alone") {
    const data::LabeledImages shapes = data::draw_shapes({.count = 80});
    const apps::PairedImages pairs = apps::pair_halves(shapes, {.count = 20, .mismatched = 0.25, .seed = 3});
    const apps::PairedImages whole = apps::pair_halves(shapes, {.count = 20, .seed = 3});
    CHECK(std::count(pairs.mismatched.begin(), pairs.mismatched.end(), true) == 5);
    CHECK(std::count(whole.mismatched.begin(), whole.mismatched.end(), true) == 0);
    const std::int64_t height = pairs.pictures.size(2);
    for (std::int64_t n = 0; n < 20; ++n) {
        const Tensor a = select(pairs.pictures, 0, n), b = select(whole.pictures, 0, n);
        CHECK(slice(a, 1, 0, height / 2).to_vector() == slice(b, 1, 0, height / 2).to_vector());
        CHECK((a.to_vector() == b.to_vector()) == !pairs.mismatched[static_cast<std::size_t>(n)]);
    }
    CHECK(apps::pair_halves(shapes, {.count = 20, .seed = 3}).images.to_vector() == whole.images.to_vector());
    CHECK(apps::pair_halves(shapes, {.count = 20, .seed = 4}).images.to_vector() != whole.images.to_vector());
    CHECK_THROWS_WITH(apps::pair_halves(shapes, {.count = 70, .mismatched = 0.5}), "[influence] expected at least 105 images for 70 pairs, got 80");
}

TEST_CASE("taking a little of a pair away moves the validation loss as both of its roles foretell") {
    const data::LabeledImages shapes = data::draw_shapes({.count = 60});
    const apps::PairedImages train = apps::pair_halves(shapes, {.count = 12, .mismatched = 0.25}), judges = apps::pair_halves(shapes, {.count = 14, .seed = 9});
    const Shape image = train.images.shape();
    nn::Sequential model;
    model.append("towers", apps::TwoTowers{image[1] * (image[2] / 2) * image[3], 3, 2});
    Rng rng{1};
    model.initialize(rng);
    const apps::PairedProblem problem{model, train.images, judges.images, 0.3, 0.03};
    const nn::NewtonOptions exactly{.tolerance = 1e-11};
    const nn::NewtonResult trained = nn::minimize_by_newton([&](const Tensor& at) { return problem.objective(at); }, problem.weights(), exactly);
    REQUIRE(trained.gradient_norm < 1e-8);
    const double now = problem.validation_loss(trained.solution).item();
    const std::vector<double> foretold = apps::foretell("ecif", problem, trained.solution).changes;
    constexpr double part = 1e-4;
    double largest = 0;
    for (const double change : foretold) largest = std::max(largest, std::abs(change));
    for (const std::int64_t n : {0, 5}) {
        // The pair's own loss counts 1 - part, and so do its halves among what the others are told apart from.
        const Tensor own = one_hot(scalar(static_cast<double>(n), DType::i64), problem.pairs(), DType::f64);
        const Tensor beside = (unsqueeze(own, 0) + unsqueeze(own, 1)) * (1.0 - eye(problem.pairs(), DType::f64));
        const auto without_part = [&](const Tensor& at) {
            const Tensor s = problem.similarities(at);
            const Tensor others = losses::positive_role(s + std::log1p(-part) * beside) * (1.0 - own);
            const Tensor difference = sum(others) + (1.0 - part) * sum(losses::positive_role(s) * own) - sum(losses::positive_role(s));
            return problem.objective(at) + difference / static_cast<double>(problem.pairs());
        };
        const nn::NewtonResult moved = nn::minimize_by_newton(without_part, trained.solution, exactly);
        const double found = (problem.validation_loss(moved.solution).item() - now) / part;
        CHECK(found == Approx(foretold[static_cast<std::size_t>(n)]).margin(0.01 * largest));
    }
}

TEST_CASE("a pair left out changes the validation loss as training again says, and rules of thumb have a number for each pair") {
    const data::LabeledImages shapes = data::draw_shapes({.count = 40});
    const apps::PairedImages train = apps::pair_halves(shapes, {.count = 6}), judges = apps::pair_halves(shapes, {.count = 8, .seed = 9});
    const Shape image = train.images.shape();
    nn::Sequential model;
    model.append("towers", apps::TwoTowers{image[1] * (image[2] / 2) * image[3], 2, 2});
    Rng rng{1};
    model.initialize(rng);
    const apps::PairedProblem problem{model, train.images, judges.images, 0.5, 0.1};
    const nn::NewtonOptions exactly{.tolerance = 1e-8};
    const nn::NewtonResult trained = nn::minimize_by_newton([&](const Tensor& at) { return problem.objective(at); }, problem.weights(), exactly);
    const nn::NewtonResult without = nn::minimize_by_newton([&](const Tensor& at) { return problem.objective_without(2, at); }, trained.solution, exactly);
    CHECK(without.converged);
    CHECK(apps::exact_change(problem, trained.solution, 2, exactly) ==
          Approx(problem.validation_loss(without.solution).item() - problem.validation_loss(trained.solution).item()).margin(1e-9));
    for (const std::string& name : apps::influence_names()) CHECK(apps::foretell(name, problem, trained.solution).changes.size() == 6);
    for (const double change : apps::foretell("gradient_norm", problem, trained.solution).changes) CHECK(change < 0);
}

TEST_CASE("the task of influence runs, and refuses what would move its minimum") {
    const std::vector<std::string> tiny{"compare", "influence", "--data", "shapes", "--train-size", "8", "--test-size", "8", "--epochs", "1", "--losses"};
    const test::TemporaryFolder folder;
    std::vector<std::string> arguments = tiny;
    arguments.insert(arguments.end(), {"ecif,gradient_norm", "--out", folder.path()});
    const test::Output output = test::call(arguments);
    INFO(output.error);
    REQUIRE(output.status == 0);
    const apps::Results results = apps::parse_results_json(test::read_text(folder / "results.json"), "results.json");
    REQUIRE(results.runs.size() == 2);
    CHECK(results.runs.back().metrics[1].name == "correlation");
    const std::string page = test::read_text(folder / "report.html");
    for (const char* part : {"most harmful", "Foretold by ecif", "AUC while training"}) CHECK(test::contains(page, part));
    CHECK_FALSE(test::contains(page, "correlation while training"));
    arguments = tiny;
    arguments.insert(arguments.end(), {"ecif", "--weight-decay", "0.1"});
    CHECK(test::contains(test::call(arguments).error, "[influence] expected the whole training set as a batch and no --weight-decay"));
}

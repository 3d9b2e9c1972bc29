#include <knoll/apps/report/results_files.h>
#include <knoll/apps/tasks/influence/influence_scores.h>
#include <knoll/apps/tasks/influence/paired_images.h>
#include <knoll/apps/tasks/influence/two_towers.h>
#include <knoll/core/core.h>
#include <knoll/data/metrics/ranking.h>
#include <knoll/data/synthetic/shapes.h>

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
    const std::int64_t height = pairs.images.size(2);
    for (std::int64_t n = 0; n < 20; ++n) {
        const Tensor a = select(pairs.images, 0, n), b = select(whole.images, 0, n);
        CHECK(slice(a, 1, 0, height / 2).to_vector() == slice(b, 1, 0, height / 2).to_vector());
        CHECK((a.to_vector() == b.to_vector()) == !pairs.mismatched[static_cast<std::size_t>(n)]);
    }
    CHECK(apps::pair_halves(shapes, {.count = 20, .seed = 3}).images.to_vector() == whole.images.to_vector());
    CHECK(apps::pair_halves(shapes, {.count = 20, .seed = 4}).images.to_vector() != whole.images.to_vector());
    CHECK_THROWS_WITH(apps::pair_halves(shapes, {.count = 70, .mismatched = 0.5}), "[influence] expected at least 105 images for 70 pairs, got 80");
}

TEST_CASE("the change without a pair is foretold by both of its roles, worse by the positive one, and not by a norm") {
    const data::LabeledImages shapes = data::draw_shapes({.count = 80});
    const apps::PairedImages train = apps::pair_halves(shapes, {.count = 16, .mismatched = 0.25}), judges = apps::pair_halves(shapes, {.count = 20, .seed = 9});
    const Shape image = train.images.shape();
    nn::Sequential model;
    model.append("towers", apps::TwoTowers{image[1] * (image[2] / 2) * image[3], 3, 2});
    Rng rng{1};
    model.initialize(rng);
    const apps::PairedProblem problem{model, train.images, judges.images, 0.5, 0.02};
    const nn::NewtonOptions exactly{.tolerance = 1e-8};
    const nn::NewtonResult trained = nn::minimize_by_newton([&](const Tensor& at) { return problem.objective(at); }, problem.weights(), exactly);
    REQUIRE(trained.converged);
    std::vector<double> found;
    for (std::int64_t n = 0; n < problem.pairs(); ++n) found.push_back(apps::exact_change(problem, trained.solution, n, exactly));
    const auto agreement = [&](const char* name) { return metrics::correlation(apps::foretell(name, problem, trained.solution).changes, found); };
    CHECK(agreement("ecif") > 0.8);
    CHECK(agreement("ecif") > agreement("positive_only"));
    CHECK(agreement("ecif") > agreement("gradient_norm"));
}

TEST_CASE("the task of influence runs, and refuses what would move its minimum") {
    const std::vector<std::string> tiny{"train", "influence", "--data", "shapes", "--train-size", "10", "--test-size", "12", "--epochs", "2"};
    const test::TemporaryFolder folder;
    std::vector<std::string> arguments = tiny;
    arguments.insert(arguments.end(), {"--out", folder.path()});
    const test::Output output = test::call(arguments);
    INFO(output.error);
    REQUIRE(output.status == 0);
    const apps::Results results = apps::parse_results_json(test::read_text(folder / "results.json"), "results.json");
    REQUIRE(results.runs.front().metrics.size() == 2);
    CHECK(results.runs.front().metrics[1].name == "correlation");
    arguments = tiny;
    arguments.insert(arguments.end(), {"--weight-decay", "0.1"});
    CHECK(test::contains(test::call(arguments).error, "[influence] expected the whole training set as a batch and no --weight-decay"));
}

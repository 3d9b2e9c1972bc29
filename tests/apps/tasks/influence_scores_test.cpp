// What is foretold of pairs, and the problem that it is about, against plain loops with a Hessian by differences.
#include "apps/procedures/naive_slope.h"

#include <knoll/apps/tasks/influence/influence_scores.h>
#include <knoll/apps/tasks/influence/two_towers.h>
#include <knoll/core/core.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace knoll;
using test::Numbers;

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
        for (std::size_t n = 0; n < 7; ++n)
            CHECK(
                foretold.changes[n] ==
                Approx(expected[n]).margin(2e-4 * (*std::max_element(expected.begin(), expected.end()) - *std::min_element(expected.begin(), expected.end()))));
        CHECK((foretold.products > 0) == (name != "gradient_norm"));
        CHECK(foretold.residual <= 1e-8);
    };
    check("ecif", both);
    check("positive_only", one);
    check("gradient_norm", norms);
    CHECK(apps::foretell("ecif", problem, trained.solution, 3).products == 3);
}

TEST_CASE("influence is foretold without complaint at weights that are no minimum, where the curvature is negative") {
    const SmallProblem small;
    const apps::PairedProblem problem = small.problem();
    int places = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Rng rng{seed};
        const Tensor far = randn({2 * of_tower}, rng, DType::f64);
        const Tensor at = far.clone().set_requires_grad();
        const Tensor slope = grad(problem.validation_loss(at), at);
        const nn::HessianProduct hessian{[&](const Tensor& x) { return problem.objective(x); }, far};
        try {
            nn::conjugate_gradients([&](const Tensor& v) { return hessian(v); }, slope, {.tolerance = 1e-8});
        } catch (const ValueError&) {  // not positive definite
            ++places;
            for (const double change : apps::foretell("ecif", problem, far).changes) CHECK(std::isfinite(change));
        }
    }
    CHECK(places > 0);
}

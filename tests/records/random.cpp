#include "records/expectations.h"
#include "records/references.h"

#include <knoll/core/ops/ops.h>

#include <cmath>

namespace knoll::records {

namespace {

Rng generator() { return Rng{1}; }

void refuse_draws(Expectations& book) {
    const auto refuse = [&](const std::string& op, const std::function<void(Rng&)>& draw, const std::string& words) {
        book.refuse(
            op,
            [=] {
                Rng rng = generator();
                draw(rng);
            },
            "[" + op + "] expected " + words);
    };
    refuse(
        "rand",
        [](Rng& rng) {
            rand({2, -1}, rng);
        },
        "extents of 0 or more, got [2, -1]");
    refuse(
        "rand", [](Rng& rng) { rand({2}, rng, DType::i64); }, "f32 or f64, got i64");
    refuse(
        "randn", [](Rng& rng) { randn({-3}, rng); }, "extents of 0 or more, got [-3]");
    refuse(
        "randn", [](Rng& rng) { randn({2}, rng, DType::i64); }, "f32 or f64, got i64");
    refuse(
        "bernoulli", [](Rng& rng) { bernoulli({-1}, 0.5, rng); }, "extents of 0 or more, got [-1]");
    refuse(
        "bernoulli", [](Rng& rng) { bernoulli({2}, 1.5, rng); }, "a probability from 0 to 1, got 1.5");
    refuse(
        "bernoulli", [](Rng& rng) { bernoulli({2}, std::nan(""), rng); }, "a probability from 0 to 1, got nan");
    refuse(
        "permutation", [](Rng& rng) { permutation(-1, rng); }, "a count of 0 or more, got -1");
    refuse(
        "choice", [](Rng& rng) { choice(3, -2, true, rng); }, "counts of 0 or more, got -2 draws from 3");
    refuse(
        "choice", [](Rng& rng) { choice(0, 2, true, rng); }, "something to draw from, got a count of 0 for 2 draws");
    refuse(
        "choice", [](Rng& rng) { choice(3, 4, false, rng); }, "at most 3 draws from 3, got 4; pass replacement = true to draw an index more than once");
    refuse(
        "dropout", [](Rng& rng) { dropout(zeros({2}), -0.1, rng); }, "a probability from 0 to 1, got -0.1");
    refuse(
        "dropout", [](Rng& rng) { dropout(zeros({2}, DType::i64), 0.5, rng); }, "f32 or f64, got i64");
}

}  // namespace

Naive dropped(const Naive& x, double probability, std::uint64_t seed) {
    Rng rng{seed};
    return mapped(x, [&](double value) { return rng.uniform() < probability ? value * 0.0 : value / (1.0 - probability); });
}

void expect_random(Expectations& book) {
    book.value("dropout", "training", [](const std::vector<Naive>& in) { return dropped(in[0], 0.4, 7); }).also(odd_shapes(apps::normal_input)).may_vanish =
        true;
    const auto untouched = [](const std::vector<Naive>& in) { return in[0]; };
    book.value_of(
        "dropout", "evaluation", {apps::normal_input({3, 4})},
        [](const auto& in) {
            Rng rng = generator();
            return dropout(in[0], 0.4, rng, false);
        },
        untouched);
    for (const char* op : {"rand", "randn", "bernoulli", "permutation", "choice"})
        book.no_reference(op, "draws numbers, whose distribution tests/core/ops/random_test.cpp checks");
    refuse_draws(book);
}

}  // namespace knoll::records

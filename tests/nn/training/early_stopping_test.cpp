#include <knoll/nn/training/early_stopping.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

TEST_CASE("early stopping waits for its patience and starts again at every improvement") {
    nn::EarlyStopping stopping{{.patience = 2}};
    CHECK(stopping.update(1.0));
    CHECK_FALSE(stopping.update(1.0));
    CHECK(stopping.update(0.9));
    CHECK_FALSE(stopping.update(1.1));
    CHECK_FALSE(stopping.should_stop());
    CHECK_FALSE(stopping.update(NAN));
    CHECK(stopping.should_stop());
    CHECK(stopping.best() == 0.9);
}

TEST_CASE("higher may be better, and a small gain none") {
    nn::EarlyStopping stopping{{.mode = nn::MetricMode::max, .patience = 1, .minimum_delta = 0.1}};
    CHECK(stopping.best() == -INFINITY);
    CHECK(stopping.update(0.5));
    CHECK(stopping.update(0.65));
    CHECK_FALSE(stopping.update(0.7));
    CHECK(stopping.should_stop());
    CHECK(stopping.best() == 0.65);
}

TEST_CASE("early stopping goes on from its state") {
    nn::EarlyStopping from{{.patience = 2}}, to{{.patience = 2}};
    to.load_state_dict(from.state_dict());
    CHECK(to.best() == INFINITY);
    from.update(0.5);
    from.update(0.6);
    to.load_state_dict(from.state_dict());
    CHECK(to.best() == 0.5);
    CHECK_FALSE(to.should_stop());
    to.update(0.6);
    CHECK(to.should_stop());
    CHECK_THROWS_AS(to.load_state_dict({}), ValueError);
}

TEST_CASE("early stopping options out of range are refused") {
    CHECK_THROWS_WITH(nn::EarlyStopping({.patience = 0}), Catch::Matchers::Equals("[EarlyStopping] expected a patience of 1 or more, got 0"));
    CHECK_THROWS_AS(nn::EarlyStopping({.minimum_delta = -1}), ValueError);
}

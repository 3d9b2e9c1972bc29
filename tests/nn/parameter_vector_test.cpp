#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/ops.h>
#include <knoll/nn/models/models.h>
#include <knoll/nn/parameter_vector.h>

#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("Parameters become one vector in order and come back in their shapes") {
    const std::vector<Tensor> parameters{tensor({{1.0, 2.0}, {3.0, 4.0}}), tensor({5.0}), zeros({0}), full({}, 6.0)};
    const Tensor vector = nn::flatten_parameters(parameters);
    CHECK(vector.to_vector() == std::vector<double>{1, 2, 3, 4, 5, 6});

    const std::vector<Tensor> parts = nn::unflatten_like(parameters, vector * 2.0);
    REQUIRE(parts.size() == 4);
    CHECK(parts[0].shape() == Shape{2, 2});
    CHECK(parts[0].to_vector() == std::vector<double>{2, 4, 6, 8});
    CHECK(parts[2].shape() == Shape{0});
    CHECK(parts[3].item() == 12);

    nn::assign_parameters(parameters, vector + 1.0);
    CHECK(parameters[0].to_vector() == std::vector<double>{2, 3, 4, 5});
    CHECK(parameters[3].item() == 7);
}

TEST_CASE("A model computes with a vector in place of its parameters, and is differentiable in it to second order") {
    nn::Sequential model = nn::models::mlp({.channels = 2, .size = 1, .classes = 2, .hidden = {3}});
    Rng rng{1};
    model.initialize(rng);
    model.to(DType::f64);
    const Tensor x = tensor({{0.3, -0.7}, {1.1, 0.2}}).to(DType::f64);
    const Tensor weights = nn::flatten_parameters(model.parameters());
    CHECK(weights.numel() == model.num_parameters());
    const auto squares = [&](const std::vector<Tensor>& inputs) {
        const Tensor logits = nn::functional_call(model, nn::unflatten_like(model.named_parameters(), inputs[0]), x);
        return sum(logits * logits);
    };
    CHECK(squares({weights}).item() == Approx(sum(model(x) * model(x)).item()));
    CHECK(gradcheck(squares, {weights.detach()}, {.order = 2}).ok());
}

TEST_CASE("A vector of another length than the parameters together is refused") {
    const std::vector<Tensor> parameters{zeros({2, 2}), zeros({3})};
    CHECK_THROWS_WITH(nn::unflatten_like(parameters, zeros({6})), "[unflatten_like] expected a vector [7], one element for each of the parameters, got [6]");
    CHECK_THROWS_AS(nn::assign_parameters(parameters, zeros({7, 1})), ShapeError);
    CHECK_THROWS_WITH(nn::flatten_parameters({}), "[flatten_parameters] expected parameters, got none");
}

#include "nn/check_layer.h"
#include "support/close.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/sequential.h>
#include <catch2/catch.hpp>

using namespace knoll;
using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

namespace {

// A module as a user writes one: members listed by name, a parameter of its own.
class Scaled final : public nn::Module {
public:
    Tensor forward(const Tensor& x) override { return scale * fc(x); }

    nn::Linear fc{3, 2};
    Tensor scale = nn::uninitialized_parameter({});

private:
    void describe(nn::Fields& fields) override {
        fields.parameter("scale", scale);
        fields.child("fc", fc);
    }
    void reset_parameters(Rng&) override { scale.fill_(2.0); }
};

// Forgets to fill its parameter.
class Forgetful final : public nn::Module {
public:
    Tensor forward(const Tensor& x) override { return scale * x; }
    Tensor scale = nn::uninitialized_parameter({});

private:
    void describe(nn::Fields& fields) override { fields.parameter("scale", scale); }
};

// One parameter under two names.
class Tied final : public nn::Module {
public:
    Tensor forward(const Tensor& x) override { return weight * x; }
    Tensor weight = nn::uninitialized_parameter({2});

private:
    void describe(nn::Fields& fields) override {
        fields.parameter("encoder", weight);
        fields.parameter("decoder", weight);
    }
    void reset_parameters(Rng&) override { weight.fill_(1.0); }
};

nn::Sequential small_net() { return nn::Sequential{nn::Linear{3, 4}, nn::BatchNorm1d{4}, nn::Dropout{0.5}, nn::Linear{4, 2, {.bias = false}}}; }

template <class M>
M seeded(M module, std::uint64_t seed = 1) {
    Rng rng{seed};
    module.initialize(rng);
    return module;
}

}  // namespace

TEST_CASE("a state_dict has PyTorch's names in PyTorch's order") {
    CHECK(names_of(small_net().state_dict()) ==
          std::vector<std::string>{"0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked", "3.weight"});
    CHECK(names_of(small_net().named_parameters()) == std::vector<std::string>{"0.weight", "0.bias", "1.weight", "1.bias", "3.weight"});
    CHECK(names_of(small_net().named_buffers()) == std::vector<std::string>{"1.running_mean", "1.running_var", "1.num_batches_tracked"});
    CHECK(names_of(Scaled{}.state_dict()) == std::vector<std::string>{"scale", "fc.weight", "fc.bias"});
}

TEST_CASE("num_parameters counts trainable values only") { CHECK(small_net().num_parameters() == 3 * 4 + 4 + 4 + 4 + 4 * 2); }

TEST_CASE("a module of one's own is initialised and computes with its children") {
    Scaled module = seeded(Scaled{});
    const Tensor x = tensor({{1, 2, 3}});
    check_close(module(x), 2.0 * module.fc(x), 0, 0);
}

TEST_CASE("the same seed initialises to the same bits, another seed and a second call to others") {
    const auto values = [](const nn::Module& module) { return module.parameters()[0].to_vector(); };
    CHECK(values(seeded(small_net(), 1)) == values(seeded(small_net(), 1)));
    CHECK(values(seeded(small_net(), 1)) != values(seeded(small_net(), 2)));
    Rng rng{1};
    nn::Sequential first = small_net(), second = small_net();
    first.initialize(rng);
    second.initialize(rng);
    CHECK(values(first) != values(second));
}

TEST_CASE("a forward pass before initialize is an error that says so") {
    nn::Sequential net = small_net();
    CHECK_THROWS_WITH(net(ones({2, 3})), Equals("[Linear] expected initialized parameters, got a layer that was never given any; call initialize(rng) on the "
                                                "model, or load its weights"));
    CHECK_THROWS_AS(nn::Conv2d(1, 1)(ones({1, 1, 3, 3})), ValueError);
    CHECK_THROWS_AS(nn::ConvTranspose2d(1, 1)(ones({1, 1, 3, 3})), ValueError);
    CHECK_THROWS_AS(nn::BatchNorm2d(1)(ones({1, 1, 3, 3})), ValueError);
    CHECK_THROWS_AS(nn::LayerNorm(3)(ones({1, 3})), ValueError);
    CHECK_THROWS_AS(nn::GroupNorm(1, 1)(ones({1, 1, 3})), ValueError);
    CHECK_THROWS_AS(nn::Embedding(2, 2)(zeros({1}, DType::i64)), ValueError);
}

TEST_CASE("a parameter may be replaced by any tensor instead of being initialised") {
    nn::Linear layer{2, 1, {.bias = false}};
    layer.weight = tensor({{1, 2}});
    CHECK(layer(tensor({{3, 4}})).item() == 11.0);
}

TEST_CASE("initialize refuses a module that leaves a parameter without a value") {
    Forgetful module;
    Rng rng{1};
    CHECK_THROWS_WITH(module.initialize(rng), Contains("reset_parameters() of its module to fill scale"));
}

TEST_CASE("weights travel from one module to another, bit for bit") {
    nn::Sequential from = seeded(small_net()), to = small_net();
    to.load_state_dict(from.state_dict());
    for (nn::Sequential* net : {&from, &to}) net->eval();
    const Tensor x = tensor({{1, 2, 3}, {-1, 0, 1}});
    CHECK(from(x).to_vector() == to(x).to_vector());
}

TEST_CASE("loading converts between element types") {
    nn::Linear from = seeded(nn::Linear{2, 2});
    nn::Linear to{2, 2};
    to.to(DType::f64);
    to.load_state_dict(from.state_dict());
    CHECK(to.weight.dtype() == DType::f64);
    CHECK(to.weight.to_vector() == from.weight.to_vector());
}

TEST_CASE("a state that does not fit is refused with every name that is wrong, and nothing is changed") {
    nn::Sequential net = seeded(small_net());
    const auto before = net.parameters()[0].to_vector();
    nn::StateDict state = seeded(small_net(), 2).state_dict();
    state[1].first = "0.biases";
    state[7].second = zeros({2, 5});
    CHECK_THROWS_WITH(net.load_state_dict(state),
                      Equals("[load_state_dict] expected 8 tensors of the same names and shapes, got 8; missing: 0.bias; unexpected: "
                             "0.biases; of another shape: 3.weight [2, 5] for [2, 4]"));
    CHECK(net.parameters()[0].to_vector() == before);
    state = net.state_dict();
    state.push_back(state[0]);
    CHECK_THROWS_WITH(net.load_state_dict(state), Contains("expected every name once, got 0.weight twice"));
}

TEST_CASE("a copy shares tensors but not the mode, a clone shares nothing") {
    nn::Sequential net = seeded(small_net());
    nn::Sequential copy = net;
    nn::Sequential own = nn::clone(net);
    CHECK(copy.parameters()[0].is_same(net.parameters()[0]));
    copy.eval();
    CHECK(net[2].training());
    CHECK_FALSE(copy[2].training());

    const auto before = own.parameters()[0].to_vector();
    CHECK(before == net.parameters()[0].to_vector());
    CHECK(own.parameters()[0].requires_grad());
    {
        const NoGrad no_grad;
        net.parameters()[0].fill_(0.0);
    }
    CHECK(copy.parameters()[0].to_vector()[0] == 0.0);
    CHECK(own.parameters()[0].to_vector() == before);
    CHECK_FALSE(own.named_buffers()[0].second.requires_grad());
}

TEST_CASE("train and eval reach every child") {
    nn::Sequential net{nn::Sequential{nn::Dropout{}, nn::ReLU{}}, nn::Linear{1, 1}};
    net.eval();
    CHECK_FALSE(net.training());
    CHECK_FALSE(net.get<nn::Sequential>(0)[0].training());
    net.train();
    CHECK(net.get<nn::Sequential>(0)[0].training());
}

TEST_CASE("converting a module keeps handles on its parameters in touch and leaves integers alone") {
    nn::Sequential net = seeded(small_net());
    const std::vector<Tensor> held = net.parameters();
    const auto before = held[0].to_vector();
    net.to(DType::f64);
    CHECK(held[0].dtype() == DType::f64);
    CHECK(held[0].to_vector() == before);
    CHECK(net.named_buffers()[0].second.dtype() == DType::f64);
    CHECK(net.named_buffers()[2].second.dtype() == DType::i64);
    backward(sum(net(ones({2, 3}, DType::f64))));
    CHECK(held[0].grad().dtype() == DType::f64);
    CHECK_THROWS_AS(net.to(DType::i64), DTypeError);
}

TEST_CASE("a tied parameter is listed once but saved under both names") {
    const Tied module;
    CHECK(module.parameters().size() == 1);
    CHECK(module.num_parameters() == 2);
    CHECK(names_of(module.state_dict()) == std::vector<std::string>{"encoder", "decoder"});
}

TEST_CASE("a functional call computes with other weights and puts the own ones back") {
    nn::Linear layer = seeded(nn::Linear{2, 1});
    const Tensor own = layer.weight;
    const Tensor other = tensor({{1, 1}}).set_requires_grad();
    const Tensor y = nn::functional_call(layer, {{"weight", other}}, tensor({{3, 4}}));
    CHECK(y.item() == Approx(7.0 + layer.bias.item()));
    CHECK(layer.weight.is_same(own));
    backward(y);
    CHECK(other.grad().to_vector() == std::vector<double>{3, 4});
    CHECK_FALSE(own.grad().defined());

    CHECK_THROWS_WITH(nn::functional_call(layer, {{"weights", other}}, tensor({{3, 4}})), Contains("a name of the module's state_dict, got weights"));
    CHECK_THROWS_AS(nn::functional_call(layer, {{"weight", ones({3, 1})}}, tensor({{3, 4}})), ShapeError);
    CHECK_THROWS_AS(nn::functional_call(layer, {{"weight", other}}, ones({1, 5})), ShapeError);
    CHECK(layer.weight.is_same(own));
}

TEST_CASE("generators are listed by name and can be put back") {
    nn::Sequential net = small_net();
    CHECK_FALSE(net.generators()[0].second.has_value());
    Rng rng{1};
    net.initialize(rng);
    const auto start = net.generators();
    REQUIRE(start.size() == 1);
    CHECK(start[0].first == "2.generator");
    const auto first = net[2].forward(ones({64})).to_vector();
    CHECK(net[2].forward(ones({64})).to_vector() != first);
    net.load_generators(start);
    CHECK(net[2].forward(ones({64})).to_vector() == first);
    CHECK_THROWS_WITH(net.load_generators({}), Contains("expected 1 generators, got 0"));
    CHECK_THROWS_WITH(net.load_generators({{"3.generator", Rng{1}}}), Contains("expected a generator called 2.generator, got none"));
}

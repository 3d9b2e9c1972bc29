#include <knoll/losses/losses.h>

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace knoll;
using Catch::Contains;

TEST_CASE("the registry describes every loss and its parameters") {
    std::set<std::string> names;
    for (const losses::LossInfo& info : losses::registry()) {
        INFO(info.name);
        CHECK(names.insert(info.name).second);
        CHECK_FALSE(info.meaning.empty());
        CHECK_FALSE(info.paper.empty());
        const auto loss = losses::make(info.name);
        CHECK(loss->name() == info.name);
        CHECK(loss->target_kind() == info.targets);
        CHECK(loss->reduction() == Reduction::mean);
        for (const losses::ParameterInfo& parameter : info.parameters) {
            INFO(parameter.name);
            CHECK_FALSE(parameter.meaning.empty());
            CHECK_FALSE(parameter.range.empty());
            if (parameter.default_value != "1/(C-1)" && parameter.default_value != "0.95, or 0.8 if hard")
                CHECK_NOTHROW(losses::make(info.name + ":" + parameter.name + "=" + parameter.default_value));
        }
    }
    for (const char* name :
         {"bce", "wan", "bce_ls", "focal", "asl",   "focal_margin", "hill", "splc",         "gr", "epr", "cross_entropy", "softmax_focal", "complement_entropy",
          "cce", "mse", "mae",    "huber", "hinge", "kl_div",       "sce",  "bootstrapping"})
        CHECK(names.count(name) == 1);
}

TEST_CASE("parameters are listed with their defaults, in order") {
    const auto& all = losses::registry();
    const auto hill = std::find_if(all.begin(), all.end(), [](const losses::LossInfo& info) { return info.name == "hill"; });
    REQUIRE(hill != all.end());
    REQUIRE(hill->parameters.size() == 3);
    CHECK(hill->parameters[0].name == "lambda");
    CHECK(hill->parameters[0].default_value == "1.5");
    CHECK(hill->parameters[0].range == "a number of at least 0");
    CHECK(to_string(hill->targets) == "binary");
}

TEST_CASE("a loss is made from its name, with parameters and a reduction") {
    const Tensor x = tensor({{0.0, 2.0}}, DType::f64);
    const Tensor t = tensor({{0.0, 1.0}}, DType::f64);
    const auto loss = losses::make("hill:lambda=1.3,margin=0.5", Reduction::sum);
    CHECK(loss->reduction() == Reduction::sum);
    CHECK((*loss)(x, t).item() == losses::Hill{{.lambda = 1.3, .margin = 0.5}, Reduction::sum}(x, t).item());
    CHECK((*losses::make("hill:"))(x, t).item() == losses::Hill{}(x, t).item());
    CHECK((*losses::make("focal:detach=1"))(x, t).item() == losses::Focal{}(x, t).item());
}

TEST_CASE("an unknown loss or parameter is answered with the nearest name and with all there are") {
    CHECK_THROWS_WITH(losses::make("hil"), Contains("[losses] expected the name of a loss, got 'hil'; did you mean 'hill'? there are bce, wan,"));
    CHECK_THROWS_WITH(losses::make("zzzzzzzzz"), Contains("got 'zzzzzzzzz'; there are bce,"));
    CHECK_THROWS_WITH(losses::make(""), Contains("[losses] expected the name of a loss, got ''"));
    CHECK_THROWS_WITH(losses::make("hill:lamda=1"),
                      "[hill] expected a parameter of the loss, got 'lamda'; did you mean 'lambda'? it has lambda, margin, gamma");
    CHECK_THROWS_WITH(losses::make("bce:gamma=1"), "[bce] expected no parameters, got 'gamma'");
}

TEST_CASE("bad values and bad syntax are refused with a clear text") {
    CHECK_THROWS_WITH(losses::make("hill:gamma=-1"), "[hill] expected for gamma a number of at least 0, got -1");
    CHECK_THROWS_WITH(losses::make("hill:gamma=two"), "[hill] expected for gamma a number, got 'two'");
    CHECK_THROWS_WITH(losses::make("hill:gamma=2x"), "[hill] expected for gamma a number, got '2x'");
    CHECK_THROWS_WITH(losses::make("hill:gamma="), "[hill] expected for gamma a number, got ''");
    CHECK_THROWS_WITH(losses::make("hill:gamma=nan"), "[hill] expected for gamma a number of at least 0, got nan");
    CHECK_THROWS_WITH(losses::make("splc:change_epoch=1.5"), "[splc] expected for change_epoch a whole number of at least 0, got 1.5");
    CHECK_THROWS_WITH(losses::make("focal:detach=2"), "[focal] expected for detach 0 or 1, got 2");
    CHECK_THROWS_WITH(losses::make("hill:gamma"), "[losses] expected NAME:KEY=VALUE,KEY=VALUE, got 'hill:gamma'");
    CHECK_THROWS_WITH(losses::make("hill:gamma=1,gamma=2"), "[losses] expected every parameter once, got 'gamma' twice in 'hill:gamma=1,gamma=2'");
}

#include "nn/check_layer.h"

#include <knoll/nn/state_dict.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("prefixes are added and taken away again") {
    const nn::StateDict part{{"a", ones({1})}, {"b.c", ones({2})}};
    nn::StateDict whole{{"model", ones({3})}};
    nn::append_with_prefix(whole, "model", part);
    nn::append_with_prefix(whole, "models", part);
    CHECK(names_of(whole) == std::vector<std::string>{"model", "model.a", "model.b.c", "models.a", "models.b.c"});
    CHECK(names_of(nn::select_prefix(whole, "model")) == std::vector<std::string>{"a", "b.c"});
    CHECK(nn::select_prefix(whole, "mode").empty());
}

TEST_CASE("states are copied by name, whatever their order") {
    const nn::StateDict into{{"a", zeros({1})}, {"b", zeros({2}, DType::f64)}};
    nn::copy_state("test", into, {{"b", tensor({2, 3})}, {"a", tensor({1})}});
    CHECK(into[0].second.item() == 1.0);
    CHECK(into[1].second.to_vector() == std::vector<double>{2, 3});
}

TEST_CASE("a long list of wrong names is cut") {
    nn::StateDict into;
    for (int i = 0; i < 10; ++i) into.emplace_back(std::to_string(i), zeros({1}));
    CHECK_THROWS_WITH(nn::copy_state("test", into, {}),
                      Catch::Matchers::Equals("[test] expected 10 tensors of the same names and shapes, got 0; missing: 0, 1, 2, 3, 4, 5, 6, 7 and 2 more"));
}

TEST_CASE("the kind of a state is read back, and what cannot be one is not shown") {
    CHECK_NOTHROW(nn::require_kind("Adam", {{"steps", zeros({1})}, nn::kind_entry("Adam")}));
    CHECK_THROWS_WITH(nn::require_kind("Adam", {nn::kind_entry("AdamW")}), "[Adam] expected the state of Adam, got that of AdamW");
    CHECK_THROWS_WITH(nn::require_kind("Adam", {}),
                      "[Adam] expected the state of Adam, got one that does not say what it is of; was it saved by another version of knoll?");
    CHECK_THROWS_WITH(nn::require_kind("Adam", {nn::kind_entry("a\nb c\x7f")}), "[Adam] expected the state of Adam, got that of a?b?c?");
    for (const Tensor& odd : {zeros({4}), zeros({65}, DType::u8)})
        CHECK_THROWS_WITH(nn::require_kind("Adam", {{"kind", odd}}), "[Adam] expected the state of Adam, got that of something else");
    CHECK_THROWS_WITH(nn::require_kind("Adam", {nn::kind_entry("")}), "[Adam] expected the state of Adam, got that of ");
}

#include <knoll/core/autograd.h>
#include <knoll/core/files/dot.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <catch2/catch.hpp>

using namespace knoll;
using Catch::Contains;

TEST_CASE("a graph is drawn with its ops, shapes, leaves and arrows") {
    const Tensor x = ones({2, 3}).set_requires_grad(), b = ones({3}, DType::f32).set_requires_grad();
    CHECK(to_dot(sum(x * x + b)) ==
          "digraph knoll {\n"
          "  rankdir=TB;\n"
          "  n0 [label=\"leaf\\n[2, 3] f32\", shape=box];\n"
          "  n1 [label=\"leaf\\n[3] f32\", shape=box];\n"
          "  n2 [label=\"multiply\\n[2, 3] f32\"];\n"
          "  n0 -> n2;\n"
          "  n0 -> n2;\n"
          "  n3 [label=\"add\\n[2, 3] f32\"];\n"
          "  n2 -> n3;\n"
          "  n1 -> n3;\n"
          "  n4 [label=\"sum\\n[] f32\"];\n"
          "  n3 -> n4;\n"
          "}\n");
}

TEST_CASE("equal graphs are drawn alike") {
    const auto draw = [] {
        const Tensor x = ones({2}).set_requires_grad();
        return to_dot(x * x * 2.0);
    };
    CHECK(draw() == draw());
}

TEST_CASE("names are escaped in drawings") {
    const Tensor x = ones({1}).set_requires_grad();
    const Tensor y = custom_op(
        "a \"quoted\\name\"", {x}, [](const std::vector<Tensor>& in) { return in[0]; },
        [](const std::vector<Tensor>&, const Tensor& g) { return std::vector<Tensor>{g}; });
    CHECK_THAT(to_dot(y), Contains(R"(label="a \"quoted\\name\"\n[1] f32")"));
}

TEST_CASE("a tensor without a graph is drawn as a constant") { CHECK_THAT(to_dot(ones({2})), Contains(R"(n0 [label="constant\n[2] f32", shape=box];)")); }

TEST_CASE("a chain of a hundred thousand ops is drawn without recursion") {
    Tensor y = ones({1}).set_requires_grad();
    for (int i = 0; i < 100'000; ++i) y = y * 1.0;
    CHECK(to_dot(y).find("n99999 -> n100000;") != std::string::npos);
}

// No gradient array has two owners: whoever changes the gradient of one tensor in place changes no other, nor what a caller handed in.
#include <knoll/core/autograd.h>
#include <knoll/core/ops/ops.h>
#include <knoll/core/rng.h>

#include <catch2/catch.hpp>

#include <functional>

using namespace knoll;
using Catch::Contains;

namespace {

using Values = std::vector<double>;

Tensor owning_leaf(std::initializer_list<double> values) { return tensor(values, DType::f64).set_requires_grad(); }

// Graphs whose rules hand one gradient on to several inputs, or hand on what they were given.
struct Sharing {
    const char* name;
    std::function<Tensor(const Tensor&, const Tensor&)> of;
};

std::vector<Sharing> sharing_graphs() {
    return {{"sum", [](const Tensor& a, const Tensor& b) { return a + b; }},
            {"difference", [](const Tensor& a, const Tensor& b) { return a - b; }},
            {"sum of reshapes",
             [](const Tensor& a, const Tensor& b) {
                 return reshape(a, {1, 2}) + reshape(b, {1, 2});
             }},
            {"sum of clones", [](const Tensor& a, const Tensor& b) { return a.clone() + b.clone(); }},
            {"sum of three", [](const Tensor& a, const Tensor& b) { return (a + b) + a; }},
            {"broadcast", [](const Tensor& a, const Tensor& b) { return broadcast_to(a, {2}) + broadcast_to(b, {2}); }}};
}

// What grad() of one tensor, changed in place, does to the others.
void spoil(Tensor gradient) {
    const NoGrad no_grad;
    gradient.detach().fill_(77.0);
}

}  // namespace

TEST_CASE("gradients of two leaves are arrays of their own, whatever their graph shares") {
    for (const auto& [name, of] : sharing_graphs())
        for (const bool create_graph : {false, true}) {
            INFO(name << (create_graph ? ", with create_graph" : ""));
            const Tensor a = owning_leaf({1, 2});
            const Tensor b = owning_leaf({3, 4});
            backward(sum(of(a, b) * 3.0), {.create_graph = create_graph});
            const Values of_b = b.grad().to_vector();
            spoil(a.grad());
            CHECK(b.grad().to_vector() == of_b);
        }
}

TEST_CASE("gradients that grad() returns are arrays of their own") {
    for (const auto& [name, of] : sharing_graphs())
        for (const bool create_graph : {false, true}) {
            INFO(name << (create_graph ? ", with create_graph" : ""));
            const Tensor a = owning_leaf({1, 2});
            const Tensor b = owning_leaf({3, 4});
            const std::vector<Tensor> gradients = grad({sum(of(a, b) * 3.0)}, {a, b, a}, {.create_graph = create_graph});
            const Values of_a = gradients[0].to_vector();
            const Values of_b = gradients[1].to_vector();
            spoil(gradients[0]);
            CHECK(gradients[1].to_vector() == of_b);
            CHECK(gradients[2].to_vector() == of_a);
        }
}

TEST_CASE("a gradient that the caller hands in never changes, nor do gradients with it") {
    const auto check_apart = [](const char* name, const std::function<Tensor(const Tensor&)>& of) {
        for (const bool create_graph : {false, true}) {
            INFO(name << (create_graph ? ", with create_graph" : ""));
            const Tensor x = owning_leaf({1, 2});
            Tensor given = tensor({5, 6}, DType::f64);
            const Tensor y = of(x);
            backward(y, {.grad_output = given, .create_graph = create_graph, .retain_graph = true});
            backward(y, {.grad_output = given, .create_graph = create_graph, .retain_graph = true});
            CHECK(given.to_vector() == Values{5, 6});
            spoil(x.grad());
            CHECK(given.to_vector() == Values{5, 6});

            const Tensor found = grad(y, x, {.grad_outputs = {given}, .create_graph = create_graph});
            const Values before = found.to_vector();
            given.fill_(0.0);
            CHECK(found.to_vector() == before);
        }
    };
    check_apart("the leaf itself", [](const Tensor& x) { return x; });
    check_apart("clone", [](const Tensor& x) { return x.clone(); });
    check_apart("reshape and back", [](const Tensor& x) { return reshape(reshape(x, {2, 1}), {2}); });
    check_apart("sum with itself", [](const Tensor& x) { return x + x; });
}

TEST_CASE("the output asked for as an input gets an array of its own") {
    const Tensor x = owning_leaf({1, 2});
    const Tensor y = x * 2.0;
    const Tensor given = tensor({5, 6}, DType::f64);
    const std::vector<Tensor> gradients = grad({y}, std::vector<Tensor>{y, x}, {.grad_outputs = {given}});
    spoil(gradients[0]);
    CHECK(given.to_vector() == Values{5, 6});
    CHECK(gradients[1].to_vector() == Values{10, 12});
}

TEST_CASE("set_grad keeps a copy of what somebody else holds, and takes what nobody does") {
    const Tensor x = owning_leaf({1, 2});
    const Tensor y = owning_leaf({3, 4});
    const Tensor given = tensor({5, 6}, DType::f64);
    Tensor(x).set_grad(given);
    Tensor(y).set_grad(given);
    spoil(x.grad());
    CHECK(given.to_vector() == Values{5, 6});
    CHECK(y.grad().to_vector() == Values{5, 6});

    Tensor own = tensor({7, 8}, DType::f64);
    const double* array = own.data<double>().data();
    Tensor(x).set_grad(std::move(own));
    CHECK(x.grad().data<double>().data() == array);
}

TEST_CASE("a hook that changes its gradient in place, or keeps it, changes that gradient alone") {
    const Tensor a = owning_leaf({1, 2});
    const Tensor b = owning_leaf({3, 4});
    Tensor kept;
    Tensor(a).register_hook([&](const Tensor& gradient) {
        Tensor mine = gradient;
        mine *= 10.0;
        kept = gradient;
        return Tensor{};
    });
    const Tensor given = tensor({5, 6}, DType::f64);
    backward(a + b, {.grad_output = given});
    CHECK(a.grad().to_vector() == Values{50, 60});
    CHECK(b.grad().to_vector() == Values{5, 6});
    CHECK(given.to_vector() == Values{5, 6});
    spoil(a.grad());
    CHECK(kept.to_vector() == Values{50, 60});
}

TEST_CASE("a gradient that a program has kept stays as it was when more is added to it") {
    const Tensor x = owning_leaf({1, 2});
    backward(sum(x * 3.0));
    const Tensor kept = x.grad();
    backward(sum(x * 4.0));
    CHECK(kept.to_vector() == Values{3, 3});
    CHECK(x.grad().to_vector() == Values{7, 7});
}

TEST_CASE("what is added to a gradient that nobody else holds needs no new array") {
    const Tensor x = owning_leaf({1, 2});
    backward(sum(x * 3.0));
    const double* array = x.grad().data<double>().data();
    backward(sum(x * 4.0));
    CHECK(x.grad().data<double>().data() == array);
    CHECK(x.grad().to_vector() == Values{7, 7});
}

TEST_CASE("a custom backward that changes the gradient it is given in place is refused") {
    const Tensor x = owning_leaf({1, 2});
    const Tensor y = custom_op(
        "spoils", {x}, [](const std::vector<Tensor>& in) { return in[0] * 2.0; },
        [](const std::vector<Tensor>&, const Tensor& upstream) {
            Tensor mine = upstream;
            mine *= 2.0;
            return std::vector<Tensor>{mine};
        });
    CHECK_THROWS_WITH(backward(sum(y)), Contains("[spoils] expected a backward that leaves its upstream gradient unchanged, got a change in place; "
                                                 "change a clone() instead"));
}

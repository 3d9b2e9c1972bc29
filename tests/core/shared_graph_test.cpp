// Reverse passes of several threads, or one inside another, over the same nodes.
#include <knoll/core/autograd.h>
#include <knoll/core/ops/ops.h>
#include <knoll/core/rng.h>

#include <catch2/catch.hpp>

#include <latch>
#include <thread>

using namespace knoll;

namespace {

using Values = std::vector<double>;

// Calls body(thread) in so many threads, which begin together.
template <class Body>
void in_threads(int count, const Body& body) {
    std::latch ready(count);
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i)
        threads.emplace_back([&, i] {
            ready.arrive_and_wait();
            body(i);
        });
    for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("threads that differentiate functions of one leaf get what each gets alone") {
    Rng rng{1};
    const Tensor w = randn({8, 8}, rng, DType::f64).set_requires_grad();
    std::vector<Tensor> inputs;
    std::vector<Values> alone;
    const auto gradient = [&](const Tensor& x) { return grad(sum(tanh(matmul(x, w))), w).to_vector(); };
    for (int i = 0; i < 3; ++i) {
        inputs.push_back(randn({4, 8}, rng, DType::f64));
        alone.push_back(gradient(inputs.back()));
    }
    std::vector<int> wrong(3, 0);
    in_threads(3, [&](int i) {
        const auto mine = static_cast<std::size_t>(i);
        for (int round = 0; round < 200; ++round) wrong[mine] += gradient(inputs[mine]) != alone[mine];
    });
    CHECK(wrong == std::vector<int>{0, 0, 0});
}

TEST_CASE("threads may walk one graph at once if each pass keeps it") {
    const Tensor w = tensor({1, 2, 3}, DType::f64).set_requires_grad();
    const Tensor middle = exp(w);
    const Tensor y = sum(middle * middle);
    const Values alone = grad(y, w, {.retain_graph = true}).to_vector();
    std::vector<int> wrong(3, 0);
    in_threads(3, [&](int i) {
        for (int round = 0; round < 200; ++round)
            wrong[static_cast<std::size_t>(i)] += grad(y, w, {.create_graph = i == 1, .retain_graph = true}).to_vector() != alone;
    });
    CHECK(wrong == std::vector<int>{0, 0, 0});
}

TEST_CASE("backward in several threads adds every gradient to the leaf they share") {
    const Tensor w = tensor({1, 2, 3}, DType::f64).set_requires_grad();
    in_threads(4, [&](int) {
        for (int round = 0; round < 200; ++round) backward(sum(w * 2.0));
    });
    CHECK(w.grad().to_vector() == Values{1600, 1600, 1600});
}

TEST_CASE("a pass inside a pass over the same nodes changes neither") {
    const Tensor x = tensor({1, 2}, DType::f64).set_requires_grad();
    Tensor inner = x * x;
    const Tensor y = sum(inner * 3.0);
    Values within;
    inner.register_hook([&](const Tensor&) {
        if (within.empty()) {
            within = {0};  // the pass inside meets this hook too
            within = grad(y, x, {.retain_graph = true}).to_vector();
        }
        return Tensor{};
    });
    CHECK(grad(y, x, {.retain_graph = true}).to_vector() == Values{6, 12});
    CHECK(within == Values{6, 12});
    backward(y);
    CHECK(x.grad().to_vector() == Values{6, 12});
}

TEST_CASE("grad computes no gradient of nodes older than all that is asked for") {
    const Tensor x = tensor({2}, DType::f64).set_requires_grad();
    int calls = 0;
    Tensor older = x * x;
    older.register_hook([&](const Tensor&) {
        ++calls;
        return Tensor{};
    });
    const Tensor middle = older * 3.0;
    const Tensor y = middle * middle;
    CHECK(grad(y, middle, {.retain_graph = true}).item() == 24);
    CHECK(calls == 0);
    CHECK(grad(y, x).item() == 2 * 12 * 3 * 4);
    CHECK(calls == 1);
}

TEST_CASE("what an earlier pass has freed is no obstacle where it cannot lead to what is asked for") {
    const Tensor x = tensor({2}, DType::f64).set_requires_grad();
    const Tensor freed = x * x;
    backward(freed);
    const Tensor z = tensor({5}, DType::f64).set_requires_grad();
    CHECK(grad(freed * z, z).item() == 4);
    CHECK(grad(freed * freed, freed).item() == 8);
    CHECK_THROWS_AS(grad(freed * z, x), AutogradError);
}

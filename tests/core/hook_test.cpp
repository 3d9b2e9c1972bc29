// Hooks that are removed, and what they keep alive.
#include <knoll/core/autograd.h>
#include <knoll/core/memory.h>
#include <knoll/core/ops/ops.h>

#include <catch2/catch.hpp>

#include <optional>

using namespace knoll;

namespace {

Tensor hooked_leaf(std::initializer_list<double> values) { return tensor(values, DType::f64).set_requires_grad(); }

}  // namespace

TEST_CASE("a hook that is removed is not called again, the others are, in their order") {
    const Tensor x = hooked_leaf({1});
    std::string calls;
    const auto note = [&](char name) {
        return [&calls, name](const Tensor&) {
            calls += name;
            return Tensor{};
        };
    };
    Tensor(x).register_hook(note('a'));
    HookHandle second = Tensor(x).register_hook(note('b'));
    Tensor(x).register_hook(note('c'));
    backward(x * 2.0);
    second.remove();
    second.remove();
    backward(x * 2.0);
    CHECK(calls == "abcac");
}

TEST_CASE("a hook may remove itself while it runs") {
    const Tensor x = hooked_leaf({1});
    int calls = 0;
    HookHandle handle;
    handle = Tensor(x).register_hook([&](const Tensor& gradient) {
        ++calls;
        handle.remove();
        return gradient * 5.0;
    });
    backward(x * 2.0);
    CHECK(x.grad().item() == 10);
    backward(x * 2.0);
    CHECK(x.grad().item() == 12);
    CHECK(calls == 1);
}

TEST_CASE("a handle may outlive its tensor") {
    HookHandle handle;
    handle.remove();
    {
        Tensor x = hooked_leaf({1});
        handle = x.register_hook([](const Tensor&) { return Tensor{}; });
    }
    handle.remove();
}

TEST_CASE("a hook that holds its own tensor keeps it alive until it is removed") {
    const auto before = memory_statistics().in_use;
    HookHandle handle;
    {
        Tensor x = zeros({100000}).set_requires_grad();
        handle = x.register_hook([x](const Tensor&) { return Tensor{}; });
    }
    CHECK(memory_statistics().in_use > before);
    handle.remove();
    CHECK(memory_statistics().in_use == before);
}

TEST_CASE("a hook of an inner tensor that holds it is let go of with the graph") {
    const auto before = memory_statistics().in_use;
    {
        const Tensor x = zeros({100000}).set_requires_grad();
        Tensor inner = x * 2.0;
        inner.register_hook([inner](const Tensor&) { return Tensor{}; });
        backward(sum(inner));
    }
    CHECK(memory_statistics().in_use == before);
}

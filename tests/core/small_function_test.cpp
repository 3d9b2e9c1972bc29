#include <knoll/core/small_function.h>
#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

using namespace knoll;

namespace {

// Counts how many of its kind are alive.
class Counted {
public:
    explicit Counted(int& alive) : alive_(&alive) { ++*alive_; }
    Counted(Counted&& other) noexcept : alive_(other.alive_) { ++*alive_; }
    ~Counted() { --*alive_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    Counted& operator=(Counted&&) = delete;

    int operator()(int x) { return x + 1; }

private:
    int* alive_;
};

}  // namespace

TEST_CASE("a small function calls what it was made from, and keeps its state") {
    SmallFunction<int(int)> f([total = 0](int x) mutable { return total += x; });
    CHECK(f(2) == 2);
    CHECK(f(5) == 7);
}

TEST_CASE("a small function without a target says so") {
    SmallFunction<void()> f;
    CHECK_FALSE(f);
    f.reset();
    f = SmallFunction<void()>([] {});
    CHECK(f);
    f.reset();
    CHECK_FALSE(f);
}

TEST_CASE("the target of a small function moves with it and is destroyed once") {
    int alive = 0;
    {
        SmallFunction<int(int)> first{Counted(alive)};
        CHECK(alive == 1);
        SmallFunction<int(int)> second(std::move(first));
        CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move)
        CHECK(second(3) == 4);
        CHECK(alive == 1);
        SmallFunction<int(int)> third{Counted(alive)};
        third = std::move(second);
        CHECK(alive == 1);
        auto& same = third;
        third = std::move(same);
        CHECK(third(4) == 5);
        first = std::move(third);
        CHECK(alive == 1);
        first.reset();
        CHECK(alive == 0);
        first = SmallFunction<int(int)>{Counted(alive)};
    }
    CHECK(alive == 0);
}

TEST_CASE("targets may be move-only, and as large as they like") {
    SmallFunction<int()> owner([owned = std::make_unique<int>(7)] { return *owned; });
    CHECK(SmallFunction<int()>(std::move(owner))() == 7);
    std::array<std::int64_t, 1000> numbers{};
    numbers.back() = 9;
    SmallFunction<std::int64_t()> large([numbers] { return numbers.back(); });
    const SmallFunction<std::int64_t()> moved(std::move(large));
    CHECK_FALSE(large);  // NOLINT(bugprone-use-after-move)
    CHECK(moved);
}

TEST_CASE("a small function hands on references and what is moved into it") {
    SmallFunction<void(std::string&, std::unique_ptr<int>)> f([](std::string& text, std::unique_ptr<int> number) { text += std::to_string(*number); });
    std::string text = "n = ";
    f(text, std::make_unique<int>(3));
    CHECK(text == "n = 3");
    SmallFunction<const std::string&(const std::string&)> same([](const std::string& s) -> const std::string& { return s; });
    CHECK(&same(text) == &text);
}

TEST_CASE("making small functions again and again asks the system for nothing") {
    const auto make = [] {
        std::array<double, 20> values{};
        values[3] = 1.5;
        return SmallFunction<double()>([values] { return values[3]; })();
    };
    release_block(allocate_block(64), 64);
    if (memory_statistics().cached == 0) return;  // under the address sanitizer nothing is cached
    CHECK(make() == 1.5);
    const std::int64_t before = memory_statistics().system_allocations;
    for (int i = 0; i < 100; ++i) make();
    CHECK(memory_statistics().system_allocations == before);
}

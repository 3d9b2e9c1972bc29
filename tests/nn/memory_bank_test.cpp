#include <knoll/nn/memory_bank.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <vector>

using namespace knoll;

namespace {

Tensor numbered_memory_rows(std::int64_t from, std::int64_t count) {
    return unsqueeze(arange(count, DType::f32) + static_cast<double>(from), 1) * tensor({1.0, -1.0});
}

}  // namespace

TEST_CASE("a memory bank holds the last rows with their labels, whatever its room and the size of a batch") {
    for (const std::int64_t capacity : {1, 2, 3, 7, 8, 100})
        for (const std::int64_t batch : {1, 2, 3, 5, 8}) {
            INFO("room for " << capacity << ", batches of " << batch);
            nn::MemoryBank memory{capacity, 2};
            std::deque<std::int64_t> expected;
            for (std::int64_t first = 0; first < 5 * batch; first += batch) {
                const Tensor rows = numbered_memory_rows(first, batch).set_requires_grad();
                Tensor own = arange(batch);
                for (std::int64_t& label : own.mutable_data<std::int64_t>()) label += first;
                const Tensor slots = memory.enqueue(rows, own);
                for (std::int64_t n = 0; n < batch; ++n) {
                    expected.push_back(first + n);
                    if (static_cast<std::int64_t>(expected.size()) > capacity) expected.pop_front();
                }
                REQUIRE(memory.size() == static_cast<std::int64_t>(expected.size()));
                CHECK(memory.full() == (memory.size() == capacity));
                CHECK_FALSE(memory.rows().requires_grad());
                // In whatever slot, each of the last ones once, and next to its label.
                std::vector<double> kept = memory.labels().to_vector();
                check_close(memory.rows(), unsqueeze(memory.labels().to(DType::f32), 1) * tensor({1.0, -1.0}), 0, 0);
                std::sort(kept.begin(), kept.end());
                CHECK(kept == std::vector<double>(expected.begin(), expected.end()));
                for (std::int64_t n = 0; n < batch; ++n) {
                    const std::int64_t slot = slots.at<std::int64_t>(n);
                    CHECK((slot < 0) == (batch - n > capacity));
                    if (slot >= 0) CHECK(memory.labels().at<std::int64_t>(slot) == first + n);
                }
            }
        }
}

TEST_CASE("a memory bank goes on from its state, and refuses that of another") {
    nn::MemoryBank memory{5, 2};
    memory.enqueue(numbered_memory_rows(0, 3), tensor({0.0, 1.0, 2.0}, DType::i64));
    nn::MemoryBank resumed{5, 2};
    nn::StateDict saved;
    for (const auto& [name, values] : memory.state_dict()) saved.emplace_back(name, values.clone());
    resumed.load_state_dict(saved);
    for (nn::MemoryBank* one : {&memory, &resumed}) one->enqueue(numbered_memory_rows(3, 4), tensor({3.0, 4.0, 5.0, 6.0}, DType::i64));
    check_close(resumed.rows(), memory.rows(), 0, 0);
    check_close(resumed.labels(), memory.labels(), 0, 0);
    CHECK(resumed.labels().to_vector() == std::vector<double>{5, 6, 2, 3, 4});

    nn::MemoryBank larger{6, 2};
    CHECK_THROWS_WITH(larger.load_state_dict(saved), Catch::Contains("[MemoryBank]") && Catch::Contains("rows"));
    saved[3].second = scalar(4, DType::i64);
    CHECK_THROWS_WITH(resumed.load_state_dict(saved), "[MemoryBank] expected a memory filled in order, got 3 of 5 rows and next slot 4");
}

TEST_CASE("a memory bank that is empty, or has just been filled, goes on from its state") {
    for (const std::int64_t count : {0, 5, 10}) {
        CAPTURE(count);
        nn::MemoryBank memory{5, 2}, resumed{5, 2};
        if (count > 0) memory.enqueue(numbered_memory_rows(0, count), arange(count));
        resumed.load_state_dict(memory.state_dict());
        for (nn::MemoryBank* one : {&memory, &resumed}) one->enqueue(numbered_memory_rows(10, 2), tensor({10.0, 11.0}, DType::i64));
        check_close(resumed.rows(), memory.rows(), 0, 0);
        CHECK(resumed.labels().to_vector() == memory.labels().to_vector());
    }
}

TEST_CASE("rows of a batch are found in the memory by their slots") {
    check_close(nn::own_slots(tensor({2.0, -1.0, 0.0}, DType::i64), 3).to(DType::f32), tensor({{0.0, 0.0, 1.0}, {0.0, 0.0, 0.0}, {1.0, 0.0, 0.0}}), 0, 0);
    CHECK_THROWS_WITH(nn::own_slots(tensor({3.0}, DType::i64), 3), "[own_slots] expected slots below 3, got 3");
}

TEST_CASE("a memory bank refuses rows and labels that do not fit") {
    CHECK_THROWS_WITH((nn::MemoryBank{0, 2}), "[MemoryBank] expected room for at least 1 row of at least 1 number, got 0 and 2");
    CHECK_THROWS_WITH((nn::MemoryBank{1, 2, DType::i64}), "[MemoryBank] expected rows of f32 or f64, got i64");
    nn::MemoryBank memory{4, 2};
    CHECK_THROWS_WITH(memory.enqueue(zeros({2, 3}), zeros({2}, DType::i64)), "[MemoryBank] expected rows [N, 2], got shape [2, 3]");
    CHECK_THROWS_WITH(memory.enqueue(zeros({2, 2}), zeros({3}, DType::i64)), "[MemoryBank] expected labels of shape [2], one per row, got [3]");
    CHECK_THROWS_AS(memory.enqueue(zeros({2, 2}), zeros({2})), DTypeError);
    CHECK(memory.size() == 0);
}

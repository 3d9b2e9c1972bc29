// Results that must not depend on the number of threads.
#pragma once

#include <knoll/core/parallel.h>
#include <knoll/core/tensor.h>
#include <catch2/catch.hpp>

#include <vector>

namespace knoll {

/// While this lives, so many threads work.
class Threads {
public:
    explicit Threads(int count) : before_(num_threads()) { set_num_threads(count); }
    ~Threads() { set_num_threads(before_); }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

private:
    int before_;
};

/// Runs a function that returns tensors at 1, 2, 3 and 8 threads, and fails unless they have the same bits each time.
template <class F>
void check_same_bits(const F& function) {
    const int before = num_threads();
    std::vector<std::vector<Tensor>> results;
    for (const int threads : {1, 2, 3, 8}) {
        set_num_threads(threads);
        results.push_back(function());
    }
    set_num_threads(before);
    for (std::size_t i = 0; i < results[0].size(); ++i)
        for (std::size_t other = 1; other < results.size(); ++other) CHECK(results[0][i].to_vector() == results[other][i].to_vector());
}

}  // namespace knoll

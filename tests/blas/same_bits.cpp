// Products and a training run on the BLAS that this program is started with, of which it is told the kind: the same bits at any number
// of threads, again and again, in two threads at once, right to rounding, and the program's own choice of threads for BLAS as it was.
//
//   blas_same_bits pthread|openmp|serial|reference    OpenBLAS in its three builds, and a BLAS that knows nothing of threads
//   blas_same_bits lost                               an OpenBLAS on OpenMP, of which there is no runtime: the error says so
#include <knoll/core/kernels/gemm.h>
#include <knoll/knoll.h>

#include <dlfcn.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace knoll;

namespace {

int failures = 0;

template <class... Parts>
void check(bool holds, const Parts&... parts) {
    if (holds) return;
    ++failures;
    std::cout << "FAILED: " << text(parts...) << '\n';
}

// Null where nothing of this name is loaded.
template <class Function>
Function* loaded(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

std::string loaded_kind() {
    auto* const parallel = loaded<int()>("openblas_get_parallel");
    if (parallel == nullptr) return "reference";
    const std::vector<std::string> kinds = {"serial", "pthread", "openmp"};
    return kinds.at(static_cast<std::size_t>(parallel()));
}

using Values = std::vector<std::vector<double>>;

// One thread, several blocks with a remainder, many small ones, a row and a column.
Values products(DType type) {
    Rng rng{1};
    const auto random = [&](const Shape& shape) { return randn(shape, rng, type); };
    const std::vector<std::pair<Shape, Shape>> shapes = {
        {{301, 199}, {199, 257}},       {{700, 300}, {300, 65}},  {{65, 65}, {65, 65}},   {{40, 65, 65}, {65, 65}},
        {{40, 1, 65, 65}, {1, 65, 65}}, {{1, 2000}, {2000, 700}}, {{513, 129}, {129, 1}}, {{3, 4}, {4, 5}}};
    Values values;
    for (const auto& [left, right] : shapes) {
        const Tensor a = random(left), b = random(right);
        values.push_back(matmul(a, b).to_vector());
        if (left.rank() == 2) values.push_back(matmul(b, a, {.transpose_a = true, .transpose_b = true}).to_vector());
    }
    values.push_back(linear(random({130, 784}), random({300, 784}), random({300})).to_vector());
    return values;
}

// The weights of a small network after some steps, and what the last one lost.
Values training(std::uint64_t seed) {
    Rng rng{seed};
    nn::Sequential net{nn::Linear{300, 200}, nn::ReLU{}, nn::Linear{200, 10}};
    net.initialize(rng);
    nn::SGD optimizer{net.parameters(), {.learning_rate = 0.1, .momentum = 0.9}};
    Tensor loss;
    for (int step = 0; step < 5; ++step) {
        const Tensor x = randn({257, 300}, rng);
        loss = mean(square(net(x)));
        optimizer.zero_grad();
        backward(loss);
        optimizer.step();
    }
    Values values = {loss.to_vector()};
    for (const Tensor& parameter : net.parameters()) values.push_back(parameter.to_vector());
    return values;
}

Values everything() {
    Values values = products(DType::f32);
    for (Values more : {products(DType::f64), training(1), training(2)}) values.insert(values.end(), more.begin(), more.end());
    return values;
}

void check_any_number_of_threads() {
    set_num_threads(1);
    const Values alone = everything();
    for (const int threads : {1, 2, 3, 8})
        for (int repeat = 0; repeat < 2; ++repeat) {
            set_num_threads(threads);
            check(everything() == alone, "the same bits with ", threads, " threads, repeat ", repeat);
        }
}

void check_two_at_once() {
    for (const int threads : {1, 3}) {
        set_num_threads(threads);
        const Values first = training(1), second = training(2);
        std::atomic<int> wrong{0};
        const auto repeat = [&](std::uint64_t seed, const Values& alone) {
            for (int i = 0; i < 5; ++i) wrong += training(seed) == alone ? 0 : 1;
        };
        std::thread other(repeat, 2, std::cref(second));
        repeat(1, first);
        other.join();
        check(wrong == 0, "the same bits in two threads at once with ", threads, " threads, got others in ", wrong.load(), " of 10 runs");
    }
}

// Many small products in several threads of the program: two calls that pack their operands into one place would be wrong.
void check_many_at_once() {
    constexpr std::int64_t side = 65;
    Rng rng{7};
    const Tensor a = randn({side, side}, rng), b = randn({side, side}, rng);
    const auto product = [&](std::vector<float>& c) {
        kernels::gemm<float>(kernels::dense_gemm(side, side, side), 1, a.data<float>().data(), b.data<float>().data(), 0, c.data());
    };
    std::vector<float> alone(side * side);
    product(alone);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            std::vector<float> c(side * side);
            for (int repeat = 0; repeat < 20'000; ++repeat) {
                product(c);
                wrong += c == alone ? 0 : 1;
            }
        });
    for (std::thread& thread : threads) thread.join();
    check(wrong == 0, "the same bits of small products in four threads at once, got others in ", wrong.load(), " of 80000");
}

// Against plain loops in double.
void check_values() {
    Rng rng{5};
    const Tensor a = randn({150, 130}, rng), b = randn({130, 170}, rng), c = matmul(a, b);
    const auto left = a.to_vector(), right = b.to_vector(), result = c.to_vector();
    double worst = 0;
    for (std::size_t i = 0; i < 150; ++i)
        for (std::size_t j = 0; j < 170; ++j) {
            double total = 0;
            for (std::size_t k = 0; k < 130; ++k) total += left[i * 130 + k] * right[k * 170 + j];
            worst = std::max(worst, std::abs(total - result[i * 170 + j]));
        }
    check(worst < 1e-4, "products as plain loops have them, got ", worst, " off");
}

// What the program has chosen for BLAS in this thread: OpenBLAS's number, and OpenMP's, where there are such.
IntList chosen() {
    IntList numbers;
    for (const char* name : {"openblas_get_num_threads", "omp_get_max_threads"})
        if (auto* const number = loaded<int()>(name)) numbers.push_back(number());
    return numbers;
}

void choose(int count) {
    for (const char* name : {"openblas_set_num_threads", "omp_set_num_threads"})
        if (auto* const set = loaded<void(int)>(name)) set(count);
}

void check_choice_is_kept(const std::string& kind) {
    const bool has_threads = kind == "pthread" || kind == "openmp";
    set_num_threads(2);
    choose(1);
    const Values alone = training(1);
    Rng rng{2};
    const Tensor a = randn({400, 300}, rng), b = randn({300, 200}, rng), batch = randn({50, 20, 20}, rng);
    for (const int knoll_threads : {1, 3})
        for (const int count : {3, 1, 2}) {
            set_num_threads(knoll_threads);
            choose(count);
            const IntList before = chosen();
            check(!has_threads || before[0] == count, "to choose ", count, " threads for BLAS, got ", before);
            matmul(a, b);
            check(chosen() == before, "the program's choice after a product, ", before, ", got ", chosen());
            matmul(batch, batch);
            check(chosen() == before, "the program's choice after many products, ", before, ", got ", chosen());
            check(training(1) == alone, "the same bits with ", count, " threads for BLAS and ", knoll_threads, " of knoll");
            check(chosen() == before, "the program's choice after training, ", before, ", got ", chosen());
        }
    choose(3);
    const IntList before = chosen();
    const auto work = [] {
        const IntList own = chosen();
        for (int i = 0; i < 3; ++i) training(1);
        return chosen() == own || loaded<int()>("omp_get_max_threads") == nullptr;
    };
    bool kept = true;
    std::thread other([&] { kept = work(); });
    work();
    other.join();
    check(kept, "another thread's choice after training in two threads at once");
    check(chosen() == before, "the program's choice after training in two threads at once, ", before, ", got ", chosen());
}

int run_without_runtime() {
    try {
        matmul(ones({2, 2}), ones({2, 2}));
    } catch (const Error& error) {
        const std::string expected =
            "[matmul] expected the OpenMP runtime that OpenBLAS was built for as a shared library, got none; link one (libgomp, libomp), or an OpenBLAS with "
            "threads of its own";
        check(error.what() == expected, expected, ", got ", error.what());
        return failures;
    }
    check(false, "an error without a runtime of OpenMP");
    return failures;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string kind = argc == 2 ? argv[1] : "";
    if (kind == "lost") return run_without_runtime();
    check(kind == loaded_kind(), "a BLAS of the kind ", kind, ", got ", loaded_kind());
    if (failures > 0) return 1;
    const IntList at_first = chosen();
    check_values();
    check(chosen() == at_first, "the number of threads that BLAS begins with, ", at_first, ", got ", chosen());
    check_any_number_of_threads();
    check_two_at_once();
    check_many_at_once();
    check_choice_is_kept(kind);
    if (failures == 0) std::cout << "same bits with the BLAS of the kind " << kind << '\n';
    return failures > 0 ? 1 : 0;
}

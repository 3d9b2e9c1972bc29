// What numbers too small to be normal cost: every kernel on ordinary numbers and on such, in turns, as the ratio of their times; and once
// more without set_flush_denormals(), which shows what the processor alone makes of them. Nothing is asserted of times.
#include <knoll/apps/bench/measure.h>
#include <knoll/apps/bench/programs/no_arguments.h>
#include <knoll/apps/terminal/machine.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/ops.h>
#include <knoll/core/parallel.h>
#include <knoll/losses/bce.h>
#include <knoll/losses/cross_entropy.h>
#include <knoll/losses/hill.h>
#include <knoll/nn/optim/adam.h>
#include <knoll/nn/optim/sgd.h>

#include <cmath>
#include <functional>
#include <iostream>
#include <memory>

using namespace knoll;
using namespace knoll::apps;

namespace {

using Call = std::function<void()>;

struct Case {
    std::string name;
    Shape shape;
    std::function<Call(double size)> prepare;  ///< the call on numbers of this size
    double tiny = 1e-40;                       ///< a size at which inputs or results are denormal floats
};

// Normal numbers times size, rounded to the multiples of the smallest number that denormals are. Not by a kernel, which would flush them.
Tensor numbers(const Shape& shape, double size, std::uint64_t seed = 1) {
    Rng rng{seed};
    std::vector<double> values = randn(shape, rng, DType::f64).to_vector();
    for (double& value : values) value *= size;
    return tensor(values, shape);
}

template <class Function>
Case unary(const char* name, const Shape& shape, const Function& function, double tiny = 1e-40) {
    return {name, shape, [=](double size) { return Call([=, x = numbers(shape, size)] { function(x); }); }, tiny};
}

template <class Function>
Case binary(const char* name, const Shape& shape, const Function& function, double tiny = 1e-40) {
    return {name, shape, [=](double size) { return Call([=, a = numbers(shape, size, 1), b = numbers(shape, size, 2)] { function(a, b); }); }, tiny};
}

// Forward and backward pass of a function of x and a weight, all three tensors of the size.
template <class Function>
Case differentiated(const char* name, const Shape& shape, const Shape& weight_shape, const Shape& result_shape, const Function& function) {
    return {name, shape, [=](double size) {
                const Tensor x = numbers(shape, size, 1).set_requires_grad(), weight = numbers(weight_shape, size, 2).set_requires_grad();
                const Tensor upstream = numbers(result_shape, size, 3);
                return Call([=] { grad({function(x, weight)}, {x, weight}, {.grad_outputs = {upstream}}); });
            }};
}

template <class Loss>
Case loss(const char* name, const Shape& shape, const Loss& loss, const Tensor& targets, double center = 0) {
    return {name, shape, [=](double size) {
                // Far from 0 it is probabilities that are denormal, where size makes logits so for others.
                const Tensor x = (size == 1 || center == 0 ? numbers(shape, size) : numbers(shape, 4) + center).set_requires_grad();
                return Call([=] { grad(loss(x, targets), x); });
            }};
}

// Gradients of the size, again and again: moments take it on.
template <class Optimizer, class Options>
Case optimizer_step(const char* name, std::int64_t count, const Options& options, double tiny) {
    return {name,
            {count},
            [=](double size) {
                Tensor leaf = numbers({count}, size).set_requires_grad();
                leaf.set_grad(numbers({count}, size, 2));
                const auto optimizer = std::make_shared<Optimizer>(std::vector<Tensor>{leaf}, options);
                return Call([optimizer] { optimizer->step(); });
            },
            tiny};
}

std::vector<Case> cases() {
    const Shape plane{512, 512}, logits{256, 1000};
    Rng rng{9};
    const Tensor labels = bernoulli(logits, 0.05, rng), classes = choice(logits[1], logits[0], true, rng);
    return {
        binary("sum of two tensors", plane, [](const Tensor& a, const Tensor& b) { return a + b; }),
        binary("product, from denormals", plane, [](const Tensor& a, const Tensor& b) { return a * b; }),
        binary(
            "product, to denormals", plane, [](const Tensor& a, const Tensor& b) { return a * b; }, 1e-20),
        unary("exp", plane, [](const Tensor& x) { return exp(x); }),
        unary("relu", plane, [](const Tensor& x) { return relu(x); }),
        unary("sum", plane, [](const Tensor& x) { return sum(x); }),
        unary("softmax", logits, [](const Tensor& x) { return softmax(x, 1); }),
        unary("conversion to f64", plane, [](const Tensor& x) { return x.to(DType::f64); }),
        binary("matrix product", {256, 256}, [](const Tensor& a, const Tensor& b) { return matmul(a, b); }),
        differentiated("3x3 convolution to 32", {8, 16, 16, 16}, {32, 16, 3, 3}, {8, 32, 16, 16},
                       [](const Tensor& x, const Tensor& weight) { return conv2d(x, weight, {}, {.padding = 1}); }),
        differentiated("batch norm", {16, 32, 256}, {32}, {16, 32, 256},
                       [](const Tensor& x, const Tensor& weight) { return batch_norm(x, weight, {}, {}, {}); }),
        loss("loss:bce", logits, losses::Bce{}, labels),
        loss("loss:bce, to denormals", logits, losses::Bce{}, labels, -90),
        loss("loss:hill, to denormals", logits, losses::Hill{}, labels, -45),
        loss("loss:cross_entropy", logits, losses::CrossEntropy{}, classes),
        optimizer_step<nn::SGD>("SGD with momentum", 1 << 18, nn::SGDOptions{.learning_rate = 1e-3, .momentum = 0.9}, 1e-40),
        optimizer_step<nn::Adam>("Adam", 1 << 18, nn::AdamOptions{.learning_rate = 1e-6}, 1e-20),
    };
}

Turns measure(const Case& one, bool flush) {
    set_flush_denormals(flush);
    return take_turns(one.prepare(one.tiny), one.prepare(1));
}

void run() {
    set_num_threads(1);
    Table table{{"workload", "shape", "normal ms", "denormal ms", "denormal/normal", "without flushing"}, 2};
    for (const Case& one : cases()) {
        const Turns kept = measure(one, false), flushed = measure(one, true);
        table.add(
            {{one.name}, {to_string(one.shape)}, {fixed(flushed.second, 3)}, {fixed(flushed.first, 3)}, {fixed(flushed.ratio, 2)}, {fixed(kept.ratio, 2)}});
    }
    std::cout << machine_name() << ", " << compiler_name() << ", f32, 1 thread\n";
    Console console = standard_console();
    table.print(console);
    if (!std::cout.flush()) throw Error("expected to write to standard output, got an error there");
}

constexpr const char* help =
    "Usage: bench_denormals\n\nTimes knoll's kernels on ordinary numbers and on denormal ones, in turns, and prints the ratios: some ten seconds.\n"
    "Exit status: 0 done, 2 a wrong call.\n";

}  // namespace

int main(int argc, char** argv) { return run_program(argc, argv, {.program = "bench_denormals", .help = help, .failure = exit_bad_call}, run); }

// knoll's kernels against plain loops (reference_loops.h) that the same compiler has optimised, on one thread, as ratios of their times. A ratio
// that has fallen since the last change shows a kernel that has become slower, on a machine of any speed: the two take turns, so that both see the
// same disturbances. Nothing is asserted of times; the results must agree.
#include <knoll/apps/bench/programs/reference_loops.h>

#include <knoll/apps/bench/measure.h>
#include <knoll/apps/bench/programs/no_arguments.h>
#include <knoll/apps/terminal/machine.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/ops.h>
#include <knoll/core/parallel.h>
#include <knoll/losses/bce.h>
#include <knoll/losses/cross_entropy.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>

using namespace knoll;
using namespace knoll::apps;

namespace {

using Results = std::vector<Tensor>;

struct Case {
    std::string name;
    Shape shape;  ///< of the input
    std::function<Results()> reference;
    std::function<Results()> knoll;
};

Tensor random(const Shape& shape, std::uint64_t seed) {
    Rng rng{seed};
    return randn(shape, rng);
}
Tensor random_leaf(const Shape& shape, std::uint64_t seed) { return random(shape, seed).set_requires_grad(); }

const float* in(const Tensor& tensor) { return tensor.data<float>().data(); }
float* out(Tensor& tensor) { return tensor.mutable_data<float>().data(); }

// A result and its gradients.
Results with_gradients(const Tensor& y, const std::vector<Tensor>& inputs, const Tensor& upstream = {}) {
    Results results = grad({y}, inputs, {.grad_outputs = upstream.defined() ? std::vector<Tensor>{upstream} : std::vector<Tensor>{}});
    results.insert(results.begin(), y.detach());
    return results;
}

Case convolution(const reference::ConvolutionShape& s) {
    const Tensor x = random_leaf({s.images, s.channels, s.side, s.side}, 1), weight = random_leaf({s.filters, s.channels, 3, 3}, 2);
    const Tensor bias = random_leaf({s.filters}, 3), upstream = random({s.images, s.filters, s.side, s.side}, 4);
    return {text("3x3 convolution to ", s.filters), x.shape(),
            [=] {
                Tensor y = empty(upstream.shape()), gx = zeros(x.shape()), gw = zeros(weight.shape()), gb = zeros(bias.shape());
                reference::convolve(s, in(x), in(weight), in(bias), out(y));
                reference::convolve_gradients(s, in(x), in(weight), in(upstream), out(gx), out(gw), out(gb));
                return Results{y, gx, gw, gb};
            },
            [=] {
                return with_gradients(conv2d(x, weight, bias, {.padding = 1}), {x, weight, bias}, upstream);
            }};
}

Case product(std::int64_t side) {
    const Tensor a = random({side, side}, 1), b = random({side, side}, 2);
    return {"matrix product", a.shape(),
            [=] {
                Tensor c = empty(a.shape());
                reference::multiply(side, side, side, in(a), in(b), out(c));
                return Results{c};
            },
            [=] { return Results{matmul(a, b)}; }};
}

Case batch_normalisation(const reference::BatchNormShape& s) {
    const Tensor x = random_leaf({s.images, s.channels, s.pixels}, 1), weight = random_leaf({s.channels}, 2), bias = random_leaf({s.channels}, 3);
    const Tensor upstream = random(x.shape(), 4);
    return {"batch norm", x.shape(),
            [=] {
                Tensor y = empty(x.shape()), gx = empty(x.shape()), gw = empty(weight.shape()), gb = empty(bias.shape());
                reference::batch_norm(s, in(x), in(weight), in(bias), in(upstream), out(y), out(gx), out(gw), out(gb));
                return Results{y, gx, gw, gb};
            },
            [=] {
                return with_gradients(batch_norm(x, weight, bias, {}, {}), {x, weight, bias}, upstream);
            }};
}

Case pooling(std::int64_t images, std::int64_t channels, std::int64_t side) {
    const Tensor x = random_leaf({images, channels, side, side}, 1), upstream = random({images, channels, side / 2, side / 2}, 2);
    return {"2x2 max pooling", x.shape(),
            [=] {
                Tensor y = empty(upstream.shape()), gx = zeros(x.shape());
                reference::max_pool(images * channels, side, in(x), in(upstream), out(y), out(gx));
                return Results{y, gx};
            },
            [=] { return with_gradients(max_pool2d(x, {.kernel = 2}), {x}, upstream); }};
}

Case elementwise_loss(const Shape& shape) {
    Rng rng{2};
    const Tensor logits = random_leaf(shape, 1), targets = bernoulli(shape, 0.05, rng);
    return {"loss:bce", shape,
            [=] {
                Tensor gradient = empty(shape);
                const float loss = reference::binary_cross_entropy(logits.numel(), in(logits), in(targets), out(gradient));
                return Results{scalar(loss), gradient};
            },
            [=] { return with_gradients(losses::Bce{}(logits, targets), {logits}); }};
}

Case row_loss(const Shape& shape) {
    Rng rng{2};
    const Tensor logits = random_leaf(shape, 1), labels = choice(shape[1], shape[0], true, rng);
    return {"loss:cross_entropy", shape,
            [=] {
                Tensor gradient = empty(shape);
                const float loss = reference::cross_entropy(shape[0], shape[1], in(logits), labels.data<std::int64_t>().data(), out(gradient));
                return Results{scalar(loss), gradient};
            },
            [=] { return with_gradients(losses::CrossEntropy{}(logits, labels), {logits}); }};
}

// The largest, as a share of the largest element of that result. Sums in another order differ by rounding alone.
double largest_difference(const Case& one) {
    const Results expected = one.reference(), got = one.knoll();
    double share = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::vector<double> a = expected[i].to_vector(), b = got[i].to_vector();
        double largest = 0, difference = 0;
        for (std::size_t k = 0; k < a.size(); ++k) {
            largest = std::max(largest, std::abs(a[k]));
            difference = std::max(difference, std::abs(a[k] - b[k]));
        }
        if (a.size() != b.size() || !(difference <= 1e-4 * largest))
            throw Error(text(one.name, ": expected what the plain loops give, got a difference of ", difference, " in result ", i));
        share = std::max(share, difference / largest);
    }
    return share;
}

void add_row(Table& table, const Case& one) {
    const double difference = largest_difference(one);
    const Turns turns = take_turns([&] { one.reference(); }, [&] { one.knoll(); });
    table.add({{one.name}, {to_string(one.shape)}, {fixed(turns.first, 3)}, {fixed(turns.second, 3)}, {fixed(turns.ratio, 1)}, {fixed(1e6 * difference, 2)}});
}

void run() {
    set_num_threads(1);
    Table table{{"workload", "shape", "plain loops ms", "knoll ms", "plain/knoll", "difference (1e-6)"}, 2};
    for (const Case& one : {convolution({8, 1, 32, 28}), convolution({8, 16, 32, 16}), product(256), batch_normalisation({16, 32, 256}), pooling(16, 32, 16),
                            elementwise_loss({256, 1000}), row_loss({256, 1000})})
        add_row(table, one);
    std::cout << machine_name() << ", " << compiler_name() << ", 1 thread; forward and gradients, but of the matrix product\n";
    Console console = standard_console();
    table.print(console);
    if (!std::cout.flush()) throw Error("expected to write to standard output, got an error there");
}

constexpr const char* help =
    "Usage: bench_reference\n\nTimes knoll's kernels and plain loops that compute the same, in turns, and prints the ratios: a few seconds.\n"
    "Exit status: 0 done, 1 results that do not agree, 2 a wrong call.\n";

}  // namespace

int main(int argc, char** argv) { return run_program(argc, argv, {.program = "bench_reference", .help = help, .failure = exit_check_failed}, run); }

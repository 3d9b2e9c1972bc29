// Programs of 5 to 50 ops that nobody has thought of, their gradients compared with finite differences, and with those of the same program
// whose ops are run in another order.
#include <knoll/core/autograd.h>
#include <knoll/core/ops/ops.h>
#include <knoll/core/rng.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

using namespace knoll;
using Tensors = std::vector<Tensor>;

namespace {

// An op on the results of earlier ones. Every result is squashed to where the next op is smooth.
struct Instruction {
    const char* name;
    std::vector<std::size_t> operands;
    std::function<Tensor(const Tensors&)> run;
};

struct Program {
    Tensors inputs;
    std::vector<Instruction> instructions;

    std::string to_text() const {
        std::string lines;
        for (std::size_t i = 0; i < inputs.size(); ++i) lines += text("v", i, " = input ", inputs[i].shape(), "\n");
        for (std::size_t i = 0; i < instructions.size(); ++i) {
            lines += text("v", inputs.size() + i, " = ", instructions[i].name, "(");
            for (std::size_t k = 0; k < instructions[i].operands.size(); ++k) lines += text(k == 0 ? "v" : ", v", instructions[i].operands[k]);
            lines += ")\n";
        }
        return lines;
    }

    Tensor operand_values(const Tensors& values, const Instruction& instruction) const {
        Tensors operands;
        for (const std::size_t i : instruction.operands) operands.push_back(values[i]);
        return instruction.run(operands);
    }

    // The mean square of all results, so that each has a gradient; ops run in the given order.
    Tensor run(const Tensors& variables, const std::vector<std::size_t>& order) const {
        Tensors values = variables;
        values.resize(inputs.size() + instructions.size());
        for (const std::size_t i : order) values[inputs.size() + i] = operand_values(values, instructions[i]);
        Tensor total = scalar(0, DType::f64);
        for (std::size_t i = inputs.size(); i < values.size(); ++i) total = total + mean(values[i] * values[i]);
        return total;
    }
};

// What an op may be, given the shapes of its operands; nothing where it does not fit.
using Choice = std::function<std::optional<Instruction>(const std::vector<Shape>& shapes, Rng& rng)>;

std::size_t below(std::size_t bound, Rng& rng) { return static_cast<std::size_t>(rng.uniform() * static_cast<double>(bound)); }

// Of a value of a shape that fits.
Choice unary_where(const char* name, bool (*fit)(const Shape&), Tensor (*op)(const Tensor&)) {
    return [=](const std::vector<Shape>& shapes, Rng& rng) -> std::optional<Instruction> {
        const std::size_t a = below(shapes.size(), rng);
        if (!fit(shapes[a])) return {};
        return Instruction{name, {a}, [op](const Tensors& in) { return op(in[0]); }};
    };
}

Choice unary(const char* name, Tensor (*op)(const Tensor&)) {
    return unary_where(
        name, [](const Shape&) { return true; }, op);
}

// Of a value and one that broadcasts to it.
Choice binary(const char* name, Tensor (*op)(const Tensor&, const Tensor&)) {
    return [=](const std::vector<Shape>& shapes, Rng& rng) -> std::optional<Instruction> {
        const std::size_t a = below(shapes.size(), rng);
        const std::size_t b = below(shapes.size(), rng);
        const Shape& small = shapes[b];
        const Shape& large = shapes[a];
        if (small.rank() > large.rank()) return {};
        for (std::int64_t i = 1; i <= small.rank(); ++i)
            if (small.size(-i) != 1 && small.size(-i) != large.size(-i)) return {};
        return Instruction{name, {a, b}, [op](const Tensors& in) { return op(in[0], in[1]); }};
    };
}

// Of a value with a dimension, one of which is chosen.
Choice along(const char* name, std::int64_t lowest_rank, Tensor (*op)(const Tensor&, std::int64_t dim)) {
    return [=](const std::vector<Shape>& shapes, Rng& rng) -> std::optional<Instruction> {
        const std::size_t a = below(shapes.size(), rng);
        if (shapes[a].rank() < lowest_rank) return {};
        const auto dim = static_cast<std::int64_t>(below(static_cast<std::size_t>(shapes[a].rank()), rng));
        return Instruction{name, {a}, [op, dim](const Tensors& in) { return op(in[0], dim); }};
    };
}

// Of two values with shapes that fit.
Choice pair(const char* name, bool (*fit)(const Shape&, const Shape&), Tensor (*op)(const Tensor&, const Tensor&)) {
    return [=](const std::vector<Shape>& shapes, Rng& rng) -> std::optional<Instruction> {
        const std::size_t a = below(shapes.size(), rng);
        const std::size_t b = below(shapes.size(), rng);
        if (!fit(shapes[a], shapes[b])) return {};
        return Instruction{name, {a, b}, [op](const Tensors& in) { return op(in[0], in[1]); }};
    };
}

bool matrices_fit(const Shape& a, const Shape& b) { return a.rank() == 2 && b.rank() == 2 && a[1] == b[0]; }
bool concatenable(const Shape& a, const Shape& b) { return a.rank() == 2 && b.rank() == 2 && a[1] == b[1] && a[0] + b[0] <= 6; }

bool is_image(const Shape& shape) { return shape.rank() == 4; }
// With padding 1, so that some taps lie outside. Results may be larger than images, which must not grow without end.
bool convolvable(const Shape& image, const Shape& filters) {
    return is_image(image) && is_image(filters) && image[1] == filters[1] && filters[2] <= image[2] + 2 && filters[3] <= image[3] + 2 &&
           image[2] + image[3] <= 12;
}
bool convolvable_transposed(const Shape& image, const Shape& filters) {
    return is_image(image) && is_image(filters) && image[1] == filters[0] && image[2] + filters[2] + image[3] + filters[3] <= 14;
}

bool is_matrix(const Shape& shape) { return shape.rank() == 2; }
bool has_windows(const Shape& shape) { return is_image(shape) && shape[2] > 1 && shape[3] > 1; }

const std::vector<Choice>& choices() {
    static const std::vector<Choice> all{
        unary("tanh", [](const Tensor& x) { return tanh(x); }),
        unary("sin", [](const Tensor& x) { return sin(x); }),
        unary("sigmoid", [](const Tensor& x) { return sigmoid(x); }),
        unary("softplus", [](const Tensor& x) { return softplus(tanh(x)); }),
        unary("exp of tanh", [](const Tensor& x) { return exp(tanh(x)); }),
        unary("log of 2 + tanh", [](const Tensor& x) { return log(2.0 + tanh(x)); }),
        unary("sqrt of 2 + sin", [](const Tensor& x) { return sqrt(2.0 + sin(x)); }),
        unary("negate", [](const Tensor& x) { return -x; }),
        unary("flatten", [](const Tensor& x) { return reshape(x, {x.numel()}); }),
        unary("as column",
              [](const Tensor& x) {
                  return reshape(x, {x.numel(), 1});
              }),
        binary("add", [](const Tensor& a, const Tensor& b) { return tanh(a + b); }),
        binary("subtract", [](const Tensor& a, const Tensor& b) { return b - tanh(a); }),
        binary("multiply", [](const Tensor& a, const Tensor& b) { return tanh(a) * tanh(b); }),
        binary("divide", [](const Tensor& a, const Tensor& b) { return tanh(a) / (1.5 + sigmoid(b)); }),
        along("sum", 1, [](const Tensor& x, std::int64_t dim) { return tanh(sum(x, {dim})); }),
        along("mean", 1, [](const Tensor& x, std::int64_t dim) { return mean(x, {dim}, true); }),
        along("softmax", 1, [](const Tensor& x, std::int64_t dim) { return softmax(tanh(x), dim); }),
        along("log_softmax", 1, [](const Tensor& x, std::int64_t dim) { return tanh(log_softmax(tanh(x), dim)); }),
        along("logsumexp", 1, [](const Tensor& x, std::int64_t dim) { return logsumexp(tanh(x), dim); }),
        along("transpose", 2, [](const Tensor& x, std::int64_t) { return transpose(x, 0, 1); }),
        along("first and last", 1,
              [](const Tensor& x, std::int64_t dim) {
                  return index_select(x, dim, tensor({0, static_cast<double>(x.size(dim) - 1)}, DType::i64));
              }),
        pair("matmul", matrices_fit, [](const Tensor& a, const Tensor& b) { return tanh(matmul(a, b)); }),
        unary_where("as image", is_matrix,
                    [](const Tensor& x) {
                        return reshape(x, {1, 1, x.size(0), x.size(1)});
                    }),
        unary_where("avg_pool2d", has_windows, [](const Tensor& x) { return avg_pool2d(x, {.kernel = 2, .stride = 1}); }),
        pair("conv2d", convolvable, [](const Tensor& image, const Tensor& filters) { return tanh(conv2d(image, filters, {}, {.padding = 1})); }),
        pair("conv_transpose2d", convolvable_transposed, [](const Tensor& image, const Tensor& filters) { return tanh(conv_transpose2d(image, filters)); }),
        pair("concat", concatenable,
             [](const Tensor& a, const Tensor& b) {
                 return concat({a, b}, 0);
             }),
    };
    return all;
}

Program random_program(std::uint64_t seed) {
    Rng rng{seed};
    Program program;
    for (const Shape& shape : {Shape{2, 3}, Shape{3, 2}, Shape{3}}) program.inputs.push_back(0.7 * randn(shape, rng, DType::f64));
    std::vector<Shape> shapes;
    Tensors values = program.inputs;
    for (const Tensor& input : values) shapes.push_back(input.shape());
    const std::size_t length = 5 + below(46, rng);
    while (program.instructions.size() < length) {
        const auto instruction = choices()[below(choices().size(), rng)](shapes, rng);
        if (!instruction) continue;
        program.instructions.push_back(*instruction);
        values.push_back(program.operand_values(values, *instruction));
        shapes.push_back(values.back().shape());
    }
    return program;
}

std::vector<std::size_t> as_written(const Program& program) {
    std::vector<std::size_t> order(program.instructions.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    return order;
}

// Any of the ops whose operands are there comes next.
std::vector<std::size_t> another_order(const Program& program, Rng& rng) {
    std::vector<bool> done(program.inputs.size() + program.instructions.size(), false);
    std::fill_n(done.begin(), program.inputs.size(), true);
    std::vector<std::size_t> order;
    while (order.size() < program.instructions.size()) {
        const std::size_t i = below(program.instructions.size(), rng);
        const auto& operands = program.instructions[i].operands;
        if (done[program.inputs.size() + i] || !std::all_of(operands.begin(), operands.end(), [&](std::size_t k) { return done[k]; })) continue;
        done[program.inputs.size() + i] = true;
        order.push_back(i);
    }
    return order;
}

struct Evaluation {
    double value;
    std::vector<double> gradient;
};

Evaluation evaluate(const Program& program, const std::vector<std::size_t>& order) {
    Tensors variables;
    for (const Tensor& input : program.inputs) variables.push_back(input.clone().set_requires_grad());
    const Tensor value = program.run(variables, order);
    backward(value);
    Evaluation evaluation{value.item(), {}};
    for (const Tensor& variable : variables) {
        const Tensor gradient = variable.grad().defined() ? variable.grad() : zeros_like(variable);
        const std::vector<double> numbers = gradient.to_vector();
        evaluation.gradient.insert(evaluation.gradient.end(), numbers.begin(), numbers.end());
    }
    return evaluation;
}

// The derivative of the program's value by all elements, one after another.
std::vector<double> differences(const Program& program, const std::vector<std::size_t>& order) {
    constexpr double step = 1e-5;
    const NoGrad no_grad;
    std::vector<double> derivatives;
    for (std::size_t i = 0; i < program.inputs.size(); ++i) {
        const std::vector<double> values = program.inputs[i].to_vector();
        for (std::size_t k = 0; k < values.size(); ++k) {
            const auto value_at = [&](double x) {
                std::vector<double> moved = values;
                moved[k] = x;
                Tensors variables = program.inputs;
                variables[i] = tensor(moved, program.inputs[i].shape(), DType::f64);
                return program.run(variables, order).item();
            };
            derivatives.push_back((value_at(values[k] + step) - value_at(values[k] - step)) / (2 * step));
        }
    }
    return derivatives;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
    double largest = 0;
    double scale = 1;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double apart = std::abs(a[i] - b[i]);
        largest = std::isnan(apart) ? std::numeric_limits<double>::infinity() : std::max(largest, apart);
        scale = std::max(scale, std::abs(b[i]));
    }
    return largest / scale;
}

}  // namespace

TEST_CASE("gradients of random programs agree with finite differences, and do not depend on the order of the ops") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        const Program program = random_program(seed);
        INFO("seed " << seed << "\n" << program.to_text());
        const std::vector<std::size_t> order = as_written(program);
        const Evaluation evaluation = evaluate(program, order);
        REQUIRE(std::isfinite(evaluation.value));
        REQUIRE(largest_difference(evaluation.gradient, differences(program, order)) < 1e-6);

        Rng rng{seed, 1};
        const Evaluation other = evaluate(program, another_order(program, rng));
        REQUIRE(other.value == evaluation.value);
        REQUIRE(largest_difference(other.gradient, evaluation.gradient) < 1e-12);
    }
}

TEST_CASE("random programs use every op, and have many lengths") {
    std::vector<std::string> seen;
    std::vector<std::size_t> lengths;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        const Program program = random_program(seed);
        for (const Instruction& instruction : program.instructions) seen.emplace_back(instruction.name);
        lengths.push_back(program.instructions.size());
    }
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    CHECK(seen.size() == choices().size());
    CHECK(*std::min_element(lengths.begin(), lengths.end()) == 5);
    CHECK(*std::max_element(lengths.begin(), lengths.end()) == 50);
}

// A check of order 1 compares the Jacobian J of a function, row by row from backward passes, with its columns from central
// differences. Its two sides meet in numbers <upstream, J direction>: with unit vectors on both sides these are all entries
// of J, with random vectors they are a sample that no wrong entry is likely to escape.
//
// Order k + 1 is a check of order 1 again, of another function: the gradient (x, upstream) -> J(x)^T upstream of what order
// k checked. It is exact up to rounding, so its differences are as sharp as those of the first order, and one step suits all.
#include <knoll/core/gradcheck.h>

#include <knoll/core/node.h>
#include <knoll/core/rng.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace knoll {

namespace {

constexpr int random_upstreams = 3;
constexpr int random_directions = 8;
constexpr std::size_t reported_failures = 20;

using Tensors = std::vector<Tensor>;
using Numbers = std::vector<double>;

// What is differenced: f64 tensors in, tensors out. create_graph: whether the outputs shall be differentiable.
struct Function {
    std::function<Tensors(const Tensors& inputs, bool create_graph)> call;
    std::vector<std::string> input_names;
};

std::vector<Shape> shapes_of(const Tensors& tensors) {
    std::vector<Shape> shapes;
    for (const Tensor& tensor : tensors) shapes.push_back(tensor.shape());
    return shapes;
}

Numbers flat(const Tensors& tensors) {
    Numbers all;
    for (const Tensor& tensor : tensors) {
        const Numbers values = tensor.to_vector();
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

Tensors unflat(const Numbers& values, const std::vector<Shape>& shapes) {
    Tensors tensors;
    std::size_t begin = 0;
    for (const Shape& shape : shapes) {
        const auto count = static_cast<std::size_t>(shape.numel());
        tensors.push_back(tensor(std::span(values).subspan(begin, count), shape, DType::f64));
        begin += count;
    }
    return tensors;
}

Tensors as_leaves(Tensors tensors) {
    for (Tensor& tensor : tensors) tensor = tensor.detach().clone().set_requires_grad();
    return tensors;
}

double dot(const Numbers& a, const Numbers& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

// The gradients of the sum of all <output, upstream>; zeros where no output depends on an input.
Tensors gradients(const Tensors& outputs, const Tensors& inputs, const Tensors& upstreams, bool create_graph) {
    Tensors connected;
    GradOptions options{.create_graph = create_graph, .retain_graph = true, .allow_unused = true};
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (!outputs[i].requires_grad()) continue;
        connected.push_back(outputs[i]);
        options.grad_outputs.push_back(upstreams[i]);
    }
    Tensors found = connected.empty() ? Tensors(inputs.size()) : grad(connected, inputs, options);
    for (std::size_t i = 0; i < inputs.size(); ++i)
        if (!found[i].defined()) found[i] = zeros_like(inputs[i]);
    return found;
}

Function gradient_of(const Function& f, std::size_t outputs) {
    Function gradient;
    const std::size_t inputs = f.input_names.size();
    gradient.call = [f = f.call, inputs](const Tensors& all, bool create_graph) {
        const auto middle = all.begin() + static_cast<std::ptrdiff_t>(inputs);
        const Tensors x(all.begin(), middle);
        return gradients(f(x, true), x, Tensors(middle, all.end()), create_graph);
    };
    gradient.input_names = f.input_names;
    for (std::size_t i = 0; i < outputs; ++i) gradient.input_names.push_back(text("upstream ", gradient.input_names.size() - inputs));
    return gradient;
}

// A row of the Jacobian, or a random combination of its rows.
struct Row {
    std::int64_t output;  // flat index; -1: a combination
    Numbers upstream;
    Numbers gradient;
};

// Elements begin .. end of the inputs, all within one input, moving together at individual speeds.
struct Direction {
    std::size_t input;
    std::size_t begin, end;
    const Numbers& speeds;
};

class Check {
public:
    explicit Check(const GradcheckOptions& options) : options_(options), rng_(options.seed) {}

    // What the reports call the function; throws where it cannot be checked.
    void describe(const Tensor& output) {
        require<DTypeError>(output.dtype() == DType::f64, "[gradcheck] expected an f64 result of an f64 function, got ", output.dtype(),
                            "; keep to f64 within the function");
        op_ = output.requires_grad() ? output.impl()->node->op : "constant";
    }

    // All orders from the given one on; stops at the first that fails, because those above would repeat it.
    void run(const Function& f, Tensors inputs, int order) {
        order_ = order;
        try {
            const Tensors outputs = f.call(as_leaves(inputs), true);
            const Tensors upstreams = unflat(random_numbers(flat(outputs).size()), shapes_of(outputs));
            check_order(f, inputs, outputs, upstreams);
            if (!failures_.empty() || order == options_.order) return;
            inputs.insert(inputs.end(), upstreams.begin(), upstreams.end());
            run(gradient_of(f, outputs.size()), std::move(inputs), order + 1);
        } catch (const Error& error) {  // thrown by a gradient: describe() has seen the function itself run
            add_message(0, text("[", op_, "] order ", order_, ": expected derivatives, got an error: ", error.what()));
        }
    }

    GradcheckResult result() && { return {std::move(failures_), worst_, compared_}; }

private:
    void check_order(const Function& f, const Tensors& inputs, const Tensors& outputs, const Tensors& upstreams) {
        const std::vector<Shape> output_shapes = shapes_of(outputs);
        const Tensors leaves = as_leaves(inputs);
        const Tensors differentiable = f.call(leaves, true);
        const Tensors first = gradients(differentiable, leaves, upstreams, false);
        check_repetition(flat(outputs), flat(differentiable), flat(first), flat(gradients(differentiable, leaves, upstreams, false)));
        if (!check_presence(f, first, flat(outputs).empty())) return;

        point_ = flat(inputs);
        input_shapes_ = shapes_of(inputs);
        const std::size_t m = flat(outputs).size();
        const bool full = static_cast<std::int64_t>(point_.size() * m) <= options_.full_limit;
        std::vector<Row> rows;
        const auto add_row = [&](std::int64_t output, Numbers upstream) {
            Numbers gradient = flat(gradients(differentiable, leaves, unflat(upstream, output_shapes), false));
            rows.push_back({output, std::move(upstream), std::move(gradient)});
        };
        for (std::size_t i = 0; full && i < m; ++i) {
            Numbers unit(m, 0.0);
            unit[i] = 1.0;
            add_row(static_cast<std::int64_t>(i), std::move(unit));
        }
        rows.push_back({-1, flat(upstreams), flat(first)});
        for (int i = 1; !full && i < random_upstreams; ++i) add_row(-1, random_numbers(m));
        check_columns(f, rows, full);
    }

    void check_repetition(const Numbers& value, const Numbers& value_again, const Numbers& gradient, const Numbers& gradient_again) {
        if (!same_bits(value, value_again))
            add_message(0, text("[", op_, "] order ", order_, ": expected the same value from two calls, got another; draw random numbers before the check"));
        if (!same_bits(gradient, gradient_again))
            add_message(0, text("[", op_, "] order ", order_, ": expected two backward passes to agree to the bit, got different gradients"));
    }

    // A zero gradient would agree with the differences of any function that happens to be flat where it is checked.
    bool check_presence(const Function& f, const Tensors& found, bool no_output) {
        if (order_ > 1 || options_.allow_zero || no_output) return true;
        for (std::size_t i = 0; i < found.size(); ++i) {
            const Numbers values = found[i].to_vector();
            if (values.empty() || std::any_of(values.begin(), values.end(), [](double v) { return v != 0.0; })) continue;
            add_message(i, text("[", op_, "] order 1: expected a gradient of ", f.input_names[i],
                                " that is not zero everywhere, got zeros; set allow_zero if that is right"));
        }
        return failures_.empty();
    }

    void check_columns(const Function& f, const std::vector<Row>& rows, bool full) {
        std::size_t begin = 0;
        for (std::size_t input = 0; input < input_shapes_.size(); ++input) {
            const std::size_t end = begin + static_cast<std::size_t>(input_shapes_[input].numel());
            const Numbers unit = speeds(false);
            for (std::size_t i = begin; full && i < end; ++i) check_direction(f, rows, {input, i, i + 1, unit}, begin);
            for (int i = 0; !full && begin < end && i < random_directions; ++i) {
                const Numbers random = speeds(true);
                check_direction(f, rows, {input, begin, end, random}, begin);
            }
            begin = end;
        }
    }

    void check_direction(const Function& f, const std::vector<Row>& rows, const Direction& direction, std::size_t input_begin) {
        const Numbers column = difference(f, direction);
        bool failed = false;
        for (const Row& row : rows) {
            if (failed && row.output < 0) return;  // a combination repeats what is known
            ++compared_;
            const double ratio = departure(row, direction, column);
            worst_ = std::max(worst_, ratio);
            if (ratio <= 1.0) continue;
            failed = true;
            add_mismatch(f, row, halve(f, row, direction), input_begin);
        }
    }

    // The derivative of all outputs along the direction, by a central difference.
    Numbers difference(const Function& f, const Direction& direction) const {
        Numbers after = value_at(f, direction, options_.step);
        const Numbers before = value_at(f, direction, -options_.step);
        for (std::size_t i = 0; i < after.size(); ++i) after[i] = (after[i] - before[i]) / (2.0 * options_.step);
        return after;
    }

    Numbers value_at(const Function& f, const Direction& direction, double time) const {
        Numbers moved = point_;
        for (std::size_t i = direction.begin; i < direction.end; ++i) moved[i] += time * direction.speeds[i];
        return flat(f.call(as_leaves(unflat(moved, input_shapes_)), false));
    }

    struct Pair {
        double analytic, numeric;
    };
    static Pair derivatives(const Row& row, const Direction& direction, const Numbers& column) {
        double analytic = 0.0;
        for (std::size_t i = direction.begin; i < direction.end; ++i) analytic += row.gradient[i] * direction.speeds[i];
        const double per = direction.end - direction.begin == 1 ? direction.speeds[direction.begin] : 1.0;
        return {analytic / per, dot(row.upstream, column) / per};
    }

    // How many times the tolerance the two derivatives are apart; infinity if either is not finite.
    double departure(const Row& row, const Direction& direction, const Numbers& column) const {
        const Pair pair = derivatives(row, direction, column);
        const double ratio = std::abs(pair.analytic - pair.numeric) / (options_.absolute_tolerance + options_.relative_tolerance * std::abs(pair.numeric));
        return std::isfinite(ratio) ? ratio : std::numeric_limits<double>::infinity();
    }

    // Finds an element to blame: of a direction that fails, one half fails too.
    Direction halve(const Function& f, const Row& row, Direction direction) const {
        const auto distance = [&](const Direction& part) {
            const Pair pair = derivatives(row, part, difference(f, part));
            const double apart = std::abs(pair.analytic - pair.numeric);
            return std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart;
        };
        while (direction.end - direction.begin > 1) {
            const std::size_t middle = direction.begin + (direction.end - direction.begin) / 2;
            const Direction left{direction.input, direction.begin, middle, direction.speeds};
            const Direction right{direction.input, middle, direction.end, direction.speeds};
            (distance(left) >= distance(right) ? direction.end : direction.begin) = middle;
        }
        return direction;
    }

    void add_mismatch(const Function& f, const Row& row, const Direction& at, std::size_t input_begin) {
        const auto element = static_cast<std::int64_t>(at.begin - input_begin);
        for (const GradcheckFailure& known : failures_)
            if (known.input == at.input && known.element == element && known.output == row.output) return;
        const Pair pair = derivatives(row, at, difference(f, at));
        const std::string what = order_ == 1 ? "output" : "gradient";
        const std::string of = row.output < 0 ? "a random projection of the " + what : text(what, " element ", row.output);
        failures_.push_back({op_, order_, at.input, element, row.output, pair.analytic, pair.numeric,
                             text("[", op_, "] order ", order_, ", derivative of ", of, " by ", f.input_names[at.input], ", element ", element, ": expected ",
                                  pair.numeric, " (central difference), got ", pair.analytic)});
    }

    void add_message(std::size_t input, std::string message) { failures_.push_back({op_, order_, input, 0, -1, 0.0, 0.0, std::move(message)}); }

    static bool same_bits(const Numbers& a, const Numbers& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                          [](double x, double y) { return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y); });
    }

    // In [-1.5, -0.5] or [0.5, 1.5]: none so small that what it multiplies would not count.
    double random_number() {
        const double u = 2.0 * rng_.uniform() - 1.0;
        return u < 0.0 ? u - 0.5 : u + 0.5;
    }
    Numbers random_numbers(std::size_t count) {
        Numbers numbers(count);
        std::generate(numbers.begin(), numbers.end(), [&] { return random_number(); });
        return numbers;
    }
    Numbers speeds(bool random) {
        Numbers all(point_.size());
        std::transform(point_.begin(), point_.end(), all.begin(), [&](double x) { return std::max(1.0, std::abs(x)) * (random ? random_number() : 1.0); });
        return all;
    }

    const GradcheckOptions& options_;
    Rng rng_;
    std::string op_;
    int order_ = 1;
    Numbers point_;  // all elements of all inputs
    std::vector<Shape> input_shapes_;
    std::vector<GradcheckFailure> failures_;
    double worst_ = 0;
    std::int64_t compared_ = 0;
};

}  // namespace

std::string GradcheckResult::report() const {
    if (ok()) return text("gradcheck: ", compared_, " derivatives agree with central differences, the worst at ", worst_, " of its tolerance");
    std::string lines;
    for (std::size_t i = 0; i < std::min(failures_.size(), reported_failures); ++i) lines += (i == 0 ? "" : "\n") + failures_[i].message;
    if (failures_.size() > reported_failures) lines += text("\n... and ", failures_.size() - reported_failures, " more");
    return lines;
}

GradcheckResult gradcheck(const TensorsFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
    require<ValueError>(options.order >= 1 && options.order <= 3, "[gradcheck] expected an order from 1 to 3, got ", options.order);
    require<ValueError>(options.step > 0.0, "[gradcheck] expected a positive step, got ", options.step);
    std::vector<std::size_t> checked;
    Function function;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!inputs[i].defined() || !is_floating(inputs[i].dtype())) continue;
        require<DTypeError>(inputs[i].dtype() == DType::f64, "[gradcheck] expected f64, got f32 for input ", i,
                            "; differences need its digits: convert with .to(DType::f64)");
        checked.push_back(i);
        function.input_names.push_back(text("input ", i));
    }
    require<DTypeError>(!checked.empty(), "[gradcheck] expected an input of f64, got none; convert one with .to(DType::f64)");
    function.call = [&](const Tensors& variables, bool) {
        Tensors all = inputs;
        for (std::size_t i = 0; i < checked.size(); ++i) all[checked[i]] = variables[i];
        return Tensors{f(all)};
    };
    Tensors variables;
    for (const std::size_t i : checked) variables.push_back(inputs[i].detach());
    const EnableGrad recording;
    Check check(options);
    check.describe(function.call(as_leaves(variables), false)[0]);
    check.run(function, variables, 1);
    return std::move(check).result();
}

GradcheckResult gradcheck(const TensorFunction& f, const Tensor& x, const GradcheckOptions& options) {
    return gradcheck(TensorsFunction([&](const std::vector<Tensor>& inputs) { return f(inputs[0]); }), {x}, options);
}

}  // namespace knoll

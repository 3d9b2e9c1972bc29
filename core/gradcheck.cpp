// Order k + 1 is a check of order 1 again, of another function: the gradient (x, upstream) -> J(x)^T upstream of what order
// k checked. It is exact up to rounding, so its differences are as sharp as those of the first order, and one step suits all.
#include <knoll/core/gradcheck.h>
#include <knoll/core/gradcheck/jacobian_check.h>
#include <knoll/core/node.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

namespace knoll::gradcheck_detail {

namespace {

constexpr int random_upstreams = 3;
constexpr std::size_t reported_failures = 5;

bool same_bits(const Numbers& a, const Numbers& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](double x, double y) { return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y); });
}

class Check {
public:
    Check(const GradcheckOptions& options, const Tensor& output) : options_(options), rng_(options.seed) {
        require<DTypeError>(output.dtype() == DType::f64, "[gradcheck] expected an f64 result of an f64 function, got ", output.dtype(),
                            "; keep to f64 within the function");
        op_ = !options.name.empty() ? options.name : output.requires_grad() ? output.impl()->node->op : "constant";
    }

    // All orders from the given one on; stops at the first that fails, because those above would repeat it.
    void run(const Function& f, Tensors inputs, int order) {
        order_ = order;
        try {
            const Tensors leaves = as_leaves(inputs);
            const Tensors outputs = f.call(leaves, true);
            const Tensors upstreams = unflat(random_numbers(flat(outputs).size(), rng_), shapes_of(outputs));
            check_order(f, leaves, outputs, upstreams);
            if (!failures_.empty() || order == options_.order) return;
            inputs.insert(inputs.end(), upstreams.begin(), upstreams.end());
            run(gradient_of(f, outputs.size()), std::move(inputs), order + 1);
        } catch (const Error& error) {  // of a gradient: the function itself has run once before
            add_failure(0, text("expected derivatives, got an error: ", error.what()));
        }
    }

    GradcheckResult result() && { return {std::move(summary_), std::move(failures_), worst_, compared_}; }

private:
    void check_order(const Function& f, const Tensors& inputs, const Tensors& outputs, const Tensors& upstreams) {
        const Tensors gradient = gradients(outputs, inputs, upstreams, false);
        check_repetition(f, inputs, outputs, upstreams, gradient);
        if (order_ == 1 && !options_.allow_zero && !flat(outputs).empty()) check_presence(f, gradient);
        if (!failures_.empty()) return;

        const auto outputs_count = flat(outputs).size();
        const bool random = static_cast<std::int64_t>(flat(inputs).size() * outputs_count) > options_.full_limit;
        std::vector<Row> rows;
        const auto add_row = [&](std::int64_t output, const Numbers& upstream) {
            rows.push_back({output, upstream, flat(gradients(outputs, inputs, unflat(upstream, shapes_of(outputs)), false))});
        };
        for (std::size_t i = 0; !random && i < outputs_count; ++i) {
            Numbers unit(outputs_count, 0.0);
            unit[i] = 1.0;
            add_row(static_cast<std::int64_t>(i), unit);
        }
        rows.push_back({-1, flat(upstreams), flat(gradient)});
        for (int i = 1; random && i < random_upstreams; ++i) add_row(-1, random_numbers(outputs_count, rng_));

        JacobianCheck comparison(f, inputs, options_);
        comparison.run(rows, random, rng_);
        worst_ = std::max(worst_, comparison.worst());
        compared_ += comparison.compared();
        for (const Mismatch& mismatch : comparison.mismatches()) add_mismatch(f, mismatch, inputs, outputs);
        if (!comparison.mismatches().empty()) summarize(f, inputs, comparison.mismatches(), random);
    }

    void check_repetition(const Function& f, const Tensors& inputs, const Tensors& outputs, const Tensors& upstreams, const Tensors& gradient) {
        if (!same_bits(flat(outputs), flat(f.call(inputs, true))))
            add_failure(0, "expected the same value from two calls, got another; draw random numbers outside the function");
        if (!same_bits(flat(gradient), flat(gradients(outputs, inputs, upstreams, false))))
            add_failure(0, "expected two backward passes to agree to the bit, got different gradients");
    }

    // A zero gradient would agree with the differences of any function that is flat where it happens to be checked.
    void check_presence(const Function& f, const Tensors& gradient) {
        for (std::size_t i = 0; i < gradient.size(); ++i) {
            const Numbers values = flat({gradient[i]});
            if (!values.empty() && std::count(values.begin(), values.end(), 0.0) == gradient[i].numel())
                add_failure(i, text("expected a gradient of ", f.input_names[i], " that is not zero everywhere, got zeros; set allow_zero if that is right"));
        }
    }

    // What one of the outputs is called, with the position in it.
    std::string place_of_output(const Function& f, std::int64_t output, const Tensors& outputs) const {
        if (output < 0) return text("a random projection of ", order_ == 1 ? "the output" : "the gradients");
        std::size_t which = 0;
        for (; output >= outputs[which].numel(); ++which) output -= outputs[which].numel();
        const std::string name = order_ == 1 ? "the output" : "the gradient by " + f.input_names[which];
        return place_within(name, output, outputs[which].shape());
    }

    static std::string place_within(const std::string& name, std::int64_t element, const Shape& shape) {
        return shape.rank() == 0 ? name : text("element ", index_text(element, shape), " of ", name);
    }

    void add_mismatch(const Function& f, const Mismatch& mismatch, const Tensors& inputs, const Tensors& outputs) {
        add_failure(mismatch.input, text("expected the derivative of ", place_of_output(f, mismatch.output, outputs), " by ",
                                         place_within(f.input_names[mismatch.input], mismatch.element, inputs[mismatch.input].shape()), " to be ",
                                         mismatch.numeric, " (central difference), got ", mismatch.analytic));
        GradcheckFailure& failure = failures_.back();
        failure.element = mismatch.element;
        failure.output = mismatch.output;
        failure.analytic = mismatch.analytic;
        failure.numeric = mismatch.numeric;
        failure.excess = mismatch.excess;
    }

    void summarize(const Function& f, const Tensors& inputs, const std::vector<Mismatch>& mismatches, bool random) {
        std::string wrong;
        double worst = 0;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            std::set<std::int64_t> elements;
            for (const Mismatch& mismatch : mismatches) {
                worst = std::max(worst, mismatch.excess);
                if (mismatch.input == i) elements.insert(mismatch.element);
            }
            if (elements.empty()) continue;
            wrong +=
                text(wrong.empty() ? "" : " and ", random ? "at least " : "", elements.size(), " of ", inputs[i].numel(), " elements of ", f.input_names[i]);
        }
        const std::string times = worst < 1e15 ? text(std::llround(worst)) : text(worst);
        summary_ = text(prefix(), "wrong derivatives by ", wrong, ", the worst off by ", times, " times what is tolerated");
    }

    std::string prefix() const { return text("[", op_, "] order ", order_, ": "); }

    void add_failure(std::size_t input, const std::string& what) {
        failures_.push_back({.op = op_, .order = order_, .input = input, .message = prefix() + what});
    }

    const GradcheckOptions& options_;
    Rng rng_;
    std::string op_;
    int order_ = 1;
    std::string summary_;
    std::vector<GradcheckFailure> failures_;
    double worst_ = 0;
    std::int64_t compared_ = 0;
};

// The positions of the inputs to check.
std::vector<std::size_t> differentiable(const std::vector<Tensor>& inputs) {
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!inputs[i].defined() || !is_floating(inputs[i].dtype())) continue;
        require<DTypeError>(inputs[i].dtype() == DType::f64, "[gradcheck] expected f64, got f32 for input ", i,
                            "; differences need its digits: convert with .to(DType::f64)");
        positions.push_back(i);
    }
    require<DTypeError>(!positions.empty(), "[gradcheck] expected an input of f64, got none; convert one with .to(DType::f64)");
    return positions;
}

}  // namespace

}  // namespace knoll::gradcheck_detail

namespace knoll {

std::string GradcheckResult::report() const {
    if (ok()) return text("gradcheck: ", compared_, " derivatives agree with central differences, the worst at ", worst_, " of its tolerance");
    std::vector<GradcheckFailure> worst = failures_;
    std::stable_sort(worst.begin(), worst.end(), [](const GradcheckFailure& a, const GradcheckFailure& b) { return a.excess > b.excess; });
    std::string lines = summary_;
    for (std::size_t i = 0; i < std::min(worst.size(), gradcheck_detail::reported_failures); ++i) lines += (lines.empty() ? "" : "\n") + worst[i].message;
    if (worst.size() > gradcheck_detail::reported_failures) lines += text("\n... and ", worst.size() - gradcheck_detail::reported_failures, " more");
    return lines;
}

GradcheckResult gradcheck(const TensorsFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
    using namespace gradcheck_detail;
    require<ValueError>(options.order >= 1 && options.order <= 3, "[gradcheck] expected an order from 1 to 3, got ", options.order);
    require<ValueError>(options.step > 0.0, "[gradcheck] expected a positive step, got ", options.step);
    const std::vector<std::size_t> positions = differentiable(inputs);
    Function function;
    Tensors variables;
    for (const std::size_t i : positions) {
        function.input_names.push_back(text("input ", i));
        variables.push_back(inputs[i].detach());
    }
    function.call = [&](const Tensors& values, bool) {
        Tensors all = inputs;
        for (std::size_t i = 0; i < positions.size(); ++i) all[positions[i]] = values[i];
        return Tensors{f(all)};
    };
    const EnableGrad recording;
    Check check(options, function.call(as_leaves(variables), true)[0]);
    check.run(function, variables, 1);
    return std::move(check).result();
}

GradcheckResult gradcheck(const TensorFunction& f, const Tensor& x, const GradcheckOptions& options) {
    return gradcheck(TensorsFunction([&](const std::vector<Tensor>& inputs) { return f(inputs[0]); }), {x}, options);
}

}  // namespace knoll

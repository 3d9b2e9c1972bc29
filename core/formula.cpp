#include <knoll/core/formula.h>
#include <knoll/core/non_finite.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/parallel.h>
#include <knoll/core/record.h>

#include <algorithm>
#include <array>
#include <vector>

namespace knoll {

namespace {

constexpr std::int64_t formula_elements_per_chunk = 4096;  // work for one thread
constexpr std::int64_t block_elements = 1024;              // what a pass computes and does not store stays in the first-level cache

// What every order of derivative is computed from.
struct Problem {
    FormulaPtr formula;
    Saved x;
    Saved targets;
    double scale;  // of all derivatives: what the reduction divides by
};

template <class T>
double sum_block(const T* values, std::int64_t count) {
    double total = 0;
    kernels::run_vectorized([values, count, &total] {
        constexpr std::int64_t lanes = 8;
        std::array<double, lanes> lane{};
        std::int64_t i = 0;
        for (; i + lanes <= count; i += lanes)
            for (std::int64_t l = 0; l < lanes; ++l) lane[static_cast<std::size_t>(l)] += static_cast<double>(values[i + l]);
        double rest = 0;
        for (; i < count; ++i) rest += static_cast<double>(values[i]);
        for (const double value : lane) rest += value;
        total = rest;
    });
    return total;
}

template <class T>
bool is_bad_target(T target, bool binary) {
    return binary ? !(target == T(0) || target == T(1)) : target != target;
}

// True if a logit is NaN or a target is refused.
template <class T>
bool has_bad_input(const T* x, const T* targets, std::int64_t count, bool binary) {
    int bad = 0;
    kernels::run_vectorized([=, &bad] {
        int found = 0;
        if (binary)
            for (std::int64_t i = 0; i < count; ++i) found |= int(x[i] != x[i]) | (int(targets[i] != T(0)) & int(targets[i] != T(1)));
        else
            for (std::int64_t i = 0; i < count; ++i) found |= int(x[i] != x[i]) | int(targets[i] != targets[i]);
        bad = found;
    });
    return bad != 0;
}

template <class T>
[[noreturn]] void report_bad_input(const char* name, const Tensor& x, const Tensor& targets, bool binary) {
    const auto logits = x.data<T>();
    const auto wanted = targets.data<T>();
    std::size_t i = 0;
    while (logits[i] == logits[i] && !is_bad_target(wanted[i], binary)) ++i;
    const std::string index = index_text(static_cast<std::int64_t>(i), x.shape());
    if (logits[i] != logits[i]) fail<NonFiniteError>("[", name, "] expected logits that are numbers, got NaN at index ", index);
    fail<ValueError>("[", name, "] expected targets ", binary ? "0 or 1" : "that are numbers", ", got ", wanted[i], " at index ", index);
}

// The forward pass: values and (if asked for) first derivatives, each stored where the tensor is defined, and the values' sum.
struct Forward {
    Tensor values;
    Tensor derivatives;
    double sum = 0;
};

template <class T>
void run_forward(const Problem& problem, bool binary, Forward& forward) {
    const Tensor& x = problem.x;
    const Tensor& targets = problem.targets;
    const ElementwiseFormula& formula = *problem.formula;
    const T* logits = x.data<T>().data();
    const T* wanted = targets.data<T>().data();
    T* const values = forward.values.defined() ? forward.values.fresh_data<T>() : nullptr;
    T* const derivatives = forward.derivatives.defined() ? forward.derivatives.fresh_data<T>() : nullptr;

    const auto chunks = static_cast<std::size_t>((x.numel() + formula_elements_per_chunk - 1) / formula_elements_per_chunk);
    std::vector<double, SmallAllocator<double>> sums(chunks);
    std::vector<char, SmallAllocator<char>> bad(chunks);
    parallel_for(x.numel(), formula_elements_per_chunk, [&](std::int64_t begin, std::int64_t end) {
        const auto chunk = static_cast<std::size_t>(begin / formula_elements_per_chunk);
        std::array<T, block_elements> scratch;
        for (std::int64_t i = begin; i < end; i += block_elements) {
            const std::int64_t count = std::min(block_elements, end - i);
            T* const into = values != nullptr ? values + i : scratch.data();
            if (derivatives != nullptr)
                formula.differentiate(1, logits + i, wanted + i, count, static_cast<T>(problem.scale), into, derivatives + i);
            else
                formula.differentiate(0, logits + i, wanted + i, count, T(1), nullptr, into);
            sums[chunk] += sum_block(into, count);
            if (has_bad_input(logits + i, wanted + i, count, binary)) bad[chunk] = 1;
        }
    });
    if (std::find(bad.begin(), bad.end(), 1) != bad.end()) report_bad_input<T>(formula.name(), x, targets, binary);
    for (const double sum : sums) forward.sum += sum;
}

// scale * the derivative of the given order, at every element.
Tensor derivative_values(const Problem& problem, int order) {
    const Tensor& x = problem.x;
    const Tensor& targets = problem.targets;
    Tensor out = empty(x.shape(), x.dtype());
    visit_floating(problem.formula->name(), x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* logits = x.data<T>().data();
        const T* wanted = targets.data<T>().data();
        T* into = out.fresh_data<T>();
        parallel_for(x.numel(), formula_elements_per_chunk, [&](std::int64_t begin, std::int64_t end) {
            std::array<T, block_elements> below;
            for (std::int64_t i = begin; i < end; i += block_elements)
                problem.formula->differentiate(order, logits + i, wanted + i, std::min(block_elements, end - i), static_cast<T>(problem.scale), below.data(),
                                               into + i);
        });
    });
    return out;
}

// The derivative of one order down the chain: upstream times the derivative of the given order, whose values may be known already.
Tensor chain(const Problem& problem, int order, const Tensor& upstream, const Tensor& known = {}) {
    const char* name = problem.formula->name();
    require<AutogradError>(order <= max_formula_order, "[", name, "] expected at most ", max_formula_order,
                           " differentiations of a formula, got one more; write the loss in tensor ops for derivatives of any order");
    Tensor derivative = known.defined() ? known : derivative_values(problem, order);
    if (grad_enabled())
        derivative = record(intern(name + std::string(static_cast<std::size_t>(order), '\'')), derivative,
                            gradient(problem.x, [problem, order](const Tensor& g) { return chain(problem, order + 1, g); }));
    return is_constant_one(upstream) ? derivative : upstream * derivative;
}

void check_operands(const char* name, const Tensor& x, const Tensor& targets) {
    require<DTypeError>(is_floating(x.dtype()), "[", name, "] expected logits of f32 or f64, got ", x.dtype(), "; convert with .to(DType::f32)");
    require<ShapeError>(x.shape() == targets.shape(), "[", name, "] expected targets of the logits' shape ", x.shape(), ", got ", targets.shape());
    require<ShapeError>(x.numel() > 0, "[", name, "] expected at least one element, got shape ", x.shape());
    require<AutogradError>(!grad_enabled() || !targets.requires_grad(), "[", name,
                           "] expected targets that need no gradient, got some that require it; detach() them");
}

}  // namespace

Tensor apply_formula(const FormulaPtr& formula, const Tensor& x, const Tensor& targets, const FormulaOptions& options) {
    check_operands(formula->name(), x, targets);
    const double scale = options.reduction == Reduction::mean ? 1.0 / static_cast<double>(x.numel()) : 1.0;
    const Problem problem{formula, Saved(x), Saved(targets.detach().to(x.dtype())), scale};

    Forward forward;
    if (options.reduction == Reduction::none) forward.values = empty(x.shape(), x.dtype());
    if (grad_enabled() && x.requires_grad()) forward.derivatives = empty(x.shape(), x.dtype());
    visit_floating(formula->name(), x.dtype(), [&](auto zero) { run_forward<decltype(zero)>(problem, options.binary_targets, forward); });

    Tensor value = options.reduction == Reduction::none ? forward.values : scalar(scale * forward.sum, x.dtype());
    return record(formula->name(), std::move(value),
                  gradient(x, [problem, first = Saved(forward.derivatives)](const Tensor& g) { return chain(problem, 1, g, first.get().detach()); }));
}

}  // namespace knoll

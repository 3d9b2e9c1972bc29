#include <knoll/core/kernels/rivals.h>
#include <knoll/core/kernels/scratch.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/parallel.h>
#include <knoll/core/record.h>
#include <knoll/losses/row_formula.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace knoll::losses {

namespace {

constexpr std::int64_t block_elements = 8192;  // of a block of rows, which every step of the fused pass finds in the cache

// What every order of derivative is computed from.
struct Problem {
    const char* name;
    RowFormulaPtr formula;
    Saved logits;
    Saved classes;
    Tensor weights;  // undefined: 1 for every class
    Reduction reduction;
    double scale;  // what the reduction multiplies by
};

double total_weight(const Problem& problem) {
    return problem.weights.defined() ? sum(problem.weights).item() : static_cast<double>(problem.logits.get().size(1));
}

// In differentiable ops.

struct SplitLogits {
    Tensor target;  // [N]: the true class's
    Tensor rivals;  // [N, K - 1]: all others, in order
};

SplitLogits split_logits(const Tensor& logits, const Tensor& classes) {
    const std::int64_t count = logits.size(0);
    const std::int64_t others = logits.size(1) - 1;
    Tensor columns = empty({count, others}, DType::i64);
    auto* column = columns.fresh_data<std::int64_t>();
    for (const std::int64_t own : classes.data<std::int64_t>())
        for (std::int64_t j = 0; j < others; ++j) *column++ = j < own ? j : j + 1;
    return {reshape(gather(logits, 1, reshape(classes, {count, 1})), {count}), gather(logits, 1, columns)};
}

// What a row comes to, one number each, in f64: the difference of two float logits may overflow a float.
Tensor widen(const Tensor& numbers) { return numbers.to(DType::f64); }

// The largest rival of each row, [N, 1]; finite, so that it can be subtracted.
Tensor largest_rivals(const Tensor& rivals) {
    return visit_floating("largest_rivals", rivals.dtype(), [&](auto zero) {
        using Limits = std::numeric_limits<decltype(zero)>;
        return clamp(max(rivals.detach(), 1, true), static_cast<double>(Limits::lowest()), static_cast<double>(Limits::max()));
    });
}

// Of rivals minus the largest of them. So small a logarithm stands for all whose probability is 0: infinity times 0 would be NaN.
Tensor compose_entropy(const Tensor& shifted) {
    const Tensor log_p = clamp(log_softmax(shifted, 1), -1e30, 0.0);
    return -sum(exp(log_p) * log_p, 1);
}

Tensor compose_margin(const Tensor& logits, const Tensor& target, const Tensor& weights) {
    const Tensor gaps = unsqueeze(target, 1) - logits;
    return sum(weights.defined() ? gaps * weights : gaps, 1);
}

Tensor compose(const Problem& problem, const Tensor& logits) {
    const Tensor& classes = problem.classes;
    const SplitLogits split = split_logits(logits, classes);
    const Tensor largest = largest_rivals(split.rivals), shifted = split.rivals - largest;
    const RowNeeds needs = problem.formula->needs();
    const Tensor none = zeros(split.target.shape(), DType::f64);
    const Tensor losses = problem.formula->compose({
        .opposing = widen(logsumexp(shifted, 1)) + (widen(reshape(largest, split.target.shape())) - widen(split.target)),
        .entropy = needs.entropy ? widen(compose_entropy(shifted)) : none,
        .margin = needs.margin ? widen(compose_margin(logits, split.target, problem.weights)) : none,
        .weight = problem.weights.defined() ? widen(index_select(problem.weights, 0, classes)) : ones_like(none),
        .total_weight = total_weight(problem),
        .classes = static_cast<double>(logits.size(1)),
    });
    return (problem.reduction == Reduction::none ? losses : problem.scale * sum(losses)).to(logits.dtype());
}

// In one fused pass.

// The true class's logit has no part in some formulas. A NaN there comes out all the same.
template <class T>
void poison_values(const kernels::RivalRows<T>& rows, RowBlock& block) {
    for (std::int64_t r = 0; r < rows.count; ++r) {
        const T own = rows.logits[r * rows.classes + rows.own[r]];
        if (std::isnan(own)) block.value[static_cast<std::size_t>(r)] = std::numeric_limits<double>::quiet_NaN();
    }
}

// The losses of rows begin to end, in values if it is not null; their gradient, scaled, if it is not null. Returns their sum.
template <class T>
double run_rows(const Problem& problem, const Tensor& weights, double total, std::int64_t begin, std::int64_t end, T* values, T* gradient) {
    const Tensor& logits = problem.logits;
    const std::int64_t classes = logits.size(1), count = end - begin;
    const RowNeeds needs = problem.formula->needs();
    const kernels::Scratch<T> scratch(gradient == nullptr ? count * classes : 0);
    T* const exps = gradient == nullptr ? scratch.data() : gradient + begin * classes;
    const kernels::RivalRows<T> rows{logits.data<T>().data() + begin * classes, problem.classes.get().data<std::int64_t>().data() + begin, count, classes,
                                     needs.entropy};

    RowBlock block;
    RowBlock::Column largest, totals, moment;
    const kernels::RivalStatistics statistics{block.opposing.data(), block.entropy.data(), largest.data(), totals.data(), moment.data()};
    const T* const weight = weights.defined() ? weights.data<T>().data() : nullptr;
    kernels::rival_statistics(rows, statistics, exps);
    if (needs.margin)
        kernels::weighted_margins(rows, weight, block.margin.data());
    else
        std::fill_n(block.margin.data(), count, 0.0);
    for (std::int64_t r = 0; r < count; ++r) block.weight[static_cast<std::size_t>(r)] = weight == nullptr ? 1.0 : static_cast<double>(weight[rows.own[r]]);

    problem.formula->differentiate(block, count, total, static_cast<double>(classes));
    poison_values(rows, block);
    if (values != nullptr) std::transform(block.value.data(), block.value.data() + count, values + begin, [](double value) { return static_cast<T>(value); });
    if (gradient != nullptr) {
        for (RowBlock::Column* column : {&block.by_opposing, &block.by_entropy, &block.by_margin})
            for (std::int64_t r = 0; r < count; ++r) (*column)[static_cast<std::size_t>(r)] *= problem.scale;
        kernels::rival_gradient(rows, statistics, block.by_opposing.data(), block.by_entropy.data(), exps);
        if (needs.margin) kernels::add_margin_gradient(rows, weight, total, block.by_margin.data(), exps);
    }
    double sum = 0;
    for (std::int64_t r = 0; r < count; ++r) sum += block.value[static_cast<std::size_t>(r)];
    return sum;
}

// The value; the gradient too where the tensor is defined.
Tensor run_fused(const Problem& problem, Tensor& gradient) {
    const Tensor& logits = problem.logits;
    const std::int64_t count = logits.size(0), classes = logits.size(1);
    const std::int64_t rows_per_block = std::clamp<std::int64_t>(block_elements / classes, 1, RowBlock::most_rows);
    const double total = total_weight(problem);
    Tensor weights = problem.weights;
    if (problem.formula->needs().margin && !weights.defined()) weights = ones({classes}, logits.dtype());

    Tensor values;
    if (problem.reduction == Reduction::none) values = empty({count}, logits.dtype());
    std::vector<double, SmallAllocator<double>> sums(static_cast<std::size_t>((count + rows_per_block - 1) / rows_per_block));
    visit_floating(problem.name, logits.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* const into = values.defined() ? values.fresh_data<T>() : nullptr;
        T* const slopes = gradient.defined() ? gradient.fresh_data<T>() : nullptr;
        parallel_for(count, rows_per_block, [&](std::int64_t begin, std::int64_t end) {
            sums[static_cast<std::size_t>(begin / rows_per_block)] = run_rows(problem, weights, total, begin, end, into, slopes);
        });
    });
    if (values.defined()) return values;
    double sum = 0;
    for (const double part : sums) sum += part;
    return scalar(problem.scale * sum, logits.dtype());
}

// The logits as a tensor of their own: a pass that stops there leaves alone what hangs on the logits.
Tensor alias(const Tensor& logits) {
    return record("alias", logits.detach(), gradient(logits, [](const Tensor& g) { return g; }));
}

Tensor backpropagate(const Problem& problem, const Tensor& known, const Tensor& upstream) {
    if (grad_enabled()) {
        const Tensor logits = alias(problem.logits);
        return grad(compose(problem, logits), logits, {.grad_outputs = {upstream}, .create_graph = true});
    }
    if (is_constant_one(upstream)) return known;
    return known * (problem.reduction == Reduction::none ? unsqueeze(upstream, 1) : upstream);
}

double scale_of(const RowOptions& options, const Tensor& classes) {
    if (options.reduction != Reduction::mean) return 1.0;
    if (!options.weights.defined()) return 1.0 / static_cast<double>(classes.numel());
    return 1.0 / sum(index_select(options.weights, 0, classes)).item();
}

}  // namespace

Tensor apply_row_formula(const char* name, const RowFormulaPtr& formula, const Tensor& logits, const Tensor& classes, const RowOptions& options) {
    const Problem problem{name, formula, Saved(logits), Saved(classes), options.weights, options.reduction, scale_of(options, classes)};
    Tensor slopes;
    if (grad_enabled() && logits.requires_grad()) slopes = empty(logits.shape(), logits.dtype());
    Tensor value = run_fused(problem, slopes);
    return record(name, std::move(value),
                  gradient(logits, [problem, slopes = Saved(slopes)](const Tensor& g) { return backpropagate(problem, slopes.get().detach(), g); }));
}

}  // namespace knoll::losses

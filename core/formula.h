// A graph node from one formula. The formula is a struct with a templated call operator that computes one loss of one logit
// against one target. Here it is evaluated on dual numbers (dual.h) of any depth, block by block, so that a loss and its
// gradient come out of one vectorised pass that allocates no intermediate tensor; the gradient is itself such a node.
//
// A formula is fast if it has no branches: choices are made by where(condition, a, b) on values already computed, and a choice
// between two conditions by two where(), since && and || are branches. It is right either way.
//
// A formula whose loop is faster where something about its parameters is known to the compiler has a member function variants(),
// which returns that in a std::variant. It is compiled for every alternative, and its call operator takes the one that holds as a
// third argument. Beyond the second order, which is seldom run and takes long to compile, the first alternative stands for all that
// convert to it.
#pragma once

#include <knoll/core/dual.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/node.h>
#include <knoll/core/reduction.h>
#include <knoll/core/tensor.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace knoll {

/// The highest derivative of a formula that a node can give.
constexpr int max_formula_order = 4;

namespace detail {

/// Beyond it a loop is seldom run, and takes long to compile: once for all processors and parameters has to do.
constexpr int max_specialized_order = 2;

/// x as a dual number of so many levels, each of which differentiates by x.
template <int order, class T>
constexpr auto variable(T x) {
    if constexpr (order == 0)
        return Scalar<T>(x);
    else {
        const auto inner = variable<order - 1>(x);
        return Dual<std::remove_const_t<decltype(inner)>>{inner, 1.0};
    }
}

/// The derivative of the given order; a dual number with more levels is read at its value there.
template <int order, class T>
constexpr T derivative_of(const Scalar<T>& number) {
    static_assert(order == 0);
    return number.value;
}
template <int order, class Number>
constexpr auto derivative_of(const Dual<Number>& number) {
    if constexpr (order == 0)
        return derivative_of<0>(number.value);
    else
        return derivative_of<order - 1>(number.derivative);
}

/// highest[i] = scale * the formula's derivative of this order, and if order > 0, below[i] = the one below it, unscaled.
template <int order, class Formula, class T>
void differentiate_block(const Formula& formula, const T* x, const T* targets, std::int64_t count, T scale, T* below, T* highest) {
    const auto loop = [ =, &formula ]() __attribute__((flatten)) {
        // Copies of what every element needs: the compiler would fear that the stores below change what lies elsewhere in memory.
        const Formula loss = formula;
        const T factor = scale;
        for (std::int64_t i = 0; i < count; ++i) {
            const auto logit = variable<order>(x[i]);
            using Number = std::remove_const_t<decltype(logit)>;
            const Number result = loss(logit, Number(targets[i]));
            if constexpr (order > 0) below[i] = derivative_of<order - 1>(result);
            highest[i] = factor * derivative_of<order>(result);
        }
    };
    if constexpr (order <= max_specialized_order)
        kernels::run_vectorized(loop);
    else
        loop();
}

}  // namespace detail

/// A formula as the tape sees it: derivatives of any order up to the highest, in f32 and f64.
class ElementwiseFormula {
public:
    explicit ElementwiseFormula(const char* name) : name_(name) {}
    virtual ~ElementwiseFormula() = default;
    ElementwiseFormula(const ElementwiseFormula&) = delete;
    ElementwiseFormula& operator=(const ElementwiseFormula&) = delete;

    /// Static text.
    const char* name() const { return name_; }
    /// highest[i] = scale * derivative of the given order (0 is the value), and if order > 0, below[i] = the one below, unscaled.
    virtual void differentiate(int order, const float* x, const float* targets, std::int64_t count, float scale, float* below, float* highest) const = 0;
    virtual void differentiate(int order, const double* x, const double* targets, std::int64_t count, double scale, double* below, double* highest) const = 0;

private:
    const char* name_;
};

using FormulaPtr = std::shared_ptr<const ElementwiseFormula>;

namespace detail {

// A formula with what its variants() has said of it.
template <class Formula, class Known>
struct FormulaVariant {
    Formula formula;
    Known known;

    template <class Number>
    [[gnu::flatten]] Number operator()(const Number& x, const Number& t) const {
        return formula(x, t, known);
    }

    using First = std::variant_alternative_t<0, decltype(std::declval<const Formula&>().variants())>;
    FormulaVariant<Formula, First> as_first() const requires std::is_convertible_v<Known, First> { return {formula, known}; }
};

template <class Formula>
class CompiledFormula final : public ElementwiseFormula {
public:
    CompiledFormula(const char* name, const Formula& formula) : ElementwiseFormula(name), formula_(formula) {}

    void differentiate(int order, const float* x, const float* targets, std::int64_t count, float scale, float* below, float* highest) const override {
        dispatch(order, x, targets, count, scale, below, highest);
    }
    void differentiate(int order, const double* x, const double* targets, std::int64_t count, double scale, double* below, double* highest) const override {
        dispatch(order, x, targets, count, scale, below, highest);
    }

private:
    template <class T, int level = 0>
    void dispatch(int order, const T* x, const T* targets, std::int64_t count, T scale, T* below, T* highest) const {
        if (order == level) return differentiate_block<level>(specialized<level>(), x, targets, count, scale, below, highest);
        if constexpr (level < max_formula_order) dispatch<T, level + 1>(order, x, targets, count, scale, below, highest);
    }

    template <int level>
    auto specialized() const {
        if constexpr (level > max_specialized_order && requires { formula_.as_first(); })
            return formula_.as_first();
        else
            return formula_;
    }

    Formula formula_;
};

}  // namespace detail

/// The formula compiled for the tape; name is static text (node.h's intern() makes it so).
template <class Formula>
FormulaPtr compile_formula(const char* name, const Formula& formula) {
    if constexpr (requires { formula.variants(); }) {
        const auto compile = [&](const auto& known) {
            return compile_formula(name, detail::FormulaVariant<Formula, std::remove_cvref_t<decltype(known)>>{formula, known});
        };
        return std::visit(compile, formula.variants());
    } else {
        using Compiled = detail::CompiledFormula<Formula>;
        return std::allocate_shared<Compiled>(SmallAllocator<Compiled>{}, name, formula);
    }
}

struct FormulaOptions {
    Reduction reduction = Reduction::mean;
    bool binary_targets = false;  ///< refuse targets other than 0 and 1
};

/// The formula of every element of x (f32 or f64) and of targets (same shape, any type), reduced to a scalar or not.
/// Differentiable in x, up to max_formula_order times. Throws ShapeError on different shapes or an empty tensor, ValueError with the
/// index on a NaN or a target that is refused, AutogradError if targets require a gradient.
Tensor apply_formula(const FormulaPtr& formula, const Tensor& x, const Tensor& targets, const FormulaOptions& options = {});

template <class Formula>
Tensor apply_formula(const std::string& name, const Formula& formula, const Tensor& x, const Tensor& targets, const FormulaOptions& options = {}) {
    return apply_formula(compile_formula(intern(name), formula), x, targets, options);
}

}  // namespace knoll

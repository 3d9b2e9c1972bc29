// How an op puts itself on the tape. The op computes its value, then hands it over with one gradient per input:
//
//     Tensor multiply(const Tensor& a, const Tensor& b) {
//         return record("multiply", multiply_values(a, b),
//                       gradient(a, [b = Saved(b)](const Tensor& g) { return g * b; }),
//                       gradient(b, [a = Saved(a)](const Tensor& g) { return g * a; }));
//     }
//
// A gradient is written in differentiable ops. It may have the output's shape where the input was broadcast: the tape
// reduces it. A gradient that reads the op's own result takes it as a second argument: [](const Tensor& g, const Tensor& y).
#pragma once

#include <knoll/core/anomaly.h>
#include <knoll/core/anomaly/watch.h>
#include <knoll/core/autograd.h>
#include <knoll/core/node.h>

#include <array>
#include <utility>

namespace knoll {

/// A tensor kept for a backward pass. Reading it throws if it has been changed in place since.
class Saved {
public:
    explicit Saved(const Tensor& tensor) : tensor_(tensor), version_(tensor.defined() ? tensor.version() : 0) {}
    /// The tensor, unchanged since it was saved. Throws AutogradError naming the op and both versions.
    const Tensor& get() const;
    operator const Tensor&() const { return get(); }

private:
    Tensor tensor_;
    std::uint64_t version_;
};

template <class F>
struct InputGradient {
    const Tensor& input;
    F function;
};

template <class F>
InputGradient<F> gradient(const Tensor& input, F function) {
    return {input, std::move(function)};
}

namespace detail {

Tensor record_joint(const char* op, Tensor output, const SmallVector<Tensor>& inputs, JointGradient joint);

// Makes the node of an op's output, without its rules.
NodePtr attach_node(const char* op, Tensor& output);
void save_output(Node& node, const Tensor& output);

template <class F>
void add_rule(Node& node, const Tensor& output, InputGradient<F>& input) {
    if (!input.input.defined() || !input.input.requires_grad()) return;
    if constexpr (std::is_invocable_v<F&, const Tensor&, const Tensor&>) {
        save_output(node, output);
        node.rules.push_back({input.input.impl()->node, GradientFunction(std::move(input.function))});
    } else {
        node.rules.push_back({input.input.impl()->node, GradientFunction([function = std::move(input.function)](const Tensor& upstream, const Tensor&) mutable {
                                  return function(upstream);
                              })});
    }
}

}  // namespace detail

/// Puts output on the tape under the op's name (static text), if recording is on and any input requires a gradient.
template <class... F>
Tensor record(const char* op, Tensor output, InputGradient<F>... inputs) {
    const bool watched = anomaly_mode();
    if (watched) anomaly_detail::check_result(op, output, {&inputs.input...});
    if (!grad_enabled() || !((inputs.input.defined() && inputs.input.requires_grad()) || ...)) return output;
    const NodePtr node = detail::attach_node(op, output);
    node->rules.reserve(sizeof...(inputs));
    (detail::add_rule(*node, output, inputs), ...);
    if (watched) anomaly_detail::note_place(*node, {&inputs.input...});
    return output;
}

/// The same for any number of inputs.
struct AnyGradient {
    Tensor input;
    GradientFunction function;
};
Tensor record(const char* op, Tensor output, std::vector<AnyGradient> inputs);

/// The same for ops whose gradients are found together.
template <class F>
Tensor record_joint(const char* op, Tensor output, const SmallVector<Tensor>& inputs, F joint) {
    return detail::record_joint(op, std::move(output), inputs, JointGradient(std::move(joint)));
}

/// True for the upstream gradient that a backward pass starts from: a product with it may be left out.
bool is_constant_one(const Tensor& upstream);

/// Marks an op as one that has no gradient: throws AutogradError if recording is on and the input requires one.
/// Comparisons, argmax and the like do not call this: their results are of integer type and carry no graph.
void require_no_gradient(const char* op, const Tensor& input, const char* way_out);

}  // namespace knoll

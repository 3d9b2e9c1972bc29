// What all optimisers share: groups of parameters, one pass over all of them per step, and a state that can be saved.
// A kind of optimiser says which tensors it keeps beside each parameter, and how a stretch of a parameter is updated.
#pragma once

#include <knoll/nn/state_dict.h>

#include <array>
#include <span>
#include <string>
#include <vector>

namespace knoll::nn {

/// Parameters with options of their own.
template <class Options>
struct ParameterGroup {
    std::vector<Tensor> parameters;
    Options options = {};
};

class Optimizer {
public:
    virtual ~Optimizer() = default;
    Optimizer(const Optimizer&) = delete;
    Optimizer& operator=(const Optimizer&) = delete;

    /// Forgets all gradients.
    void zero_grad();
    /// Updates every parameter that has a gradient. The result has the same bits at any number of threads.
    void step();

    /// "SGD", "Adam", ...
    const char* name() const { return name_; }
    std::size_t num_groups() const { return learning_rates_.size(); }
    double learning_rate(std::size_t group = 0) const;
    /// Of one group, or of all. Throws ValueError if negative or not finite.
    void set_learning_rate(std::size_t group, double rate);
    void set_learning_rate(double rate);

    /// Learning rates, steps taken, what is kept per parameter ("0.exp_avg"), numbered in order, and the kind of optimiser. The tensors
    /// share the optimiser's arrays. Other options are the program's, not the state's.
    StateDict state_dict() const;
    /// Throws ValueError, and changes nothing, if the state is of another kind of optimiser (both are named; so also before the first
    /// step, when nothing is kept yet) or for other parameters.
    void load_state_dict(const StateDict& state);

protected:
    static constexpr std::size_t max_states = 2;

    /// A stretch of one parameter in a step that is under way.
    struct Slice {
        DType dtype;
        void* value;
        const void* gradient;
        std::array<void*, max_states> state;
        std::int64_t count;
        std::int64_t step;  ///< of this parameter, the present one included
        std::size_t group;
        double learning_rate;
    };

    explicit Optimizer(const char* name) : name_(name) {}
    void add_parameters(const std::vector<Tensor>& parameters, double learning_rate);

private:
    struct Slot {
        Tensor parameter;
        std::size_t group;
        std::int64_t steps = 0;
        std::vector<Tensor> state = {};  // made by the first step
    };

    /// PyTorch's names of what is kept per parameter, at most max_states.
    virtual std::span<const char* const> state_names(std::size_t group) const = 0;
    /// Called from several threads at once for different stretches.
    virtual void update(const Slice& slice) const = 0;

    void cut(Slot& slot);
    std::vector<Tensor> fresh_state(const Slot& slot) const;

    const char* name_;
    std::vector<double> learning_rates_;
    std::vector<Slot> slots_;
    std::vector<Slice> slices_;  // of the step under way; kept for its memory
};

/// An optimiser whose groups have options of one type, with a member learning_rate and a function validate(options).
template <class Options>
class GroupedOptimizer : public Optimizer {
public:
    /// Adds parameters with options of their own. Throws ValueError on none, on a tensor given twice or computed from others.
    void add_group(const std::vector<Tensor>& parameters, const Options& options) {
        validate(options);
        add_parameters(parameters, options.learning_rate);
        options_.push_back(options);
    }
    /// As given; the learning rate in force is learning_rate(group).
    const Options& options(std::size_t group = 0) const { return options_[group]; }

protected:
    GroupedOptimizer(const char* name, const std::vector<ParameterGroup<Options>>& groups) : Optimizer(name) {
        require<ValueError>(!groups.empty(), "[", name, "] expected parameters, got none");
        for (const auto& group : groups) add_group(group.parameters, group.options);
    }

private:
    std::vector<Options> options_;
};

namespace detail {

/// Throws ValueError unless 0 <= value < limit.
void check_option(const char* optimizer, const char* option, double value, double limit);

}  // namespace detail

}  // namespace knoll::nn

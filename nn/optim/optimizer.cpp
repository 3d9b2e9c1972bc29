#include <knoll/nn/counts.h>
#include <knoll/nn/optim/optimizer.h>

#include <knoll/core/autograd.h>
#include <knoll/core/kernels/map.h>
#include <knoll/core/node.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <limits>
#include <unordered_set>

namespace knoll::nn {

namespace {

constexpr std::int64_t slice_length = kernels::map_grain;

void* advance(void* data, std::int64_t elements, DType dtype) { return static_cast<std::byte*>(data) + static_cast<std::size_t>(elements) * size_of(dtype); }

// Counts a change in place and hands out the elements.
void* writable(Tensor& tensor) {
    return visit_floating("step", tensor.dtype(), [&](auto zero) -> void* { return tensor.mutable_data<decltype(zero)>().data(); });
}

}  // namespace

namespace detail {

void check_option(const char* optimizer, const char* option, double value, double limit) {
    if (value >= 0.0 && value < limit) return;
    if (limit == std::numeric_limits<double>::infinity()) fail<ValueError>("[", optimizer, "] expected ", option, " of 0 or more, got ", value);
    fail<ValueError>("[", optimizer, "] expected ", option, " in [0, ", limit, "), got ", value);
}

}  // namespace detail

void Optimizer::add_parameters(const std::vector<Tensor>& parameters, double learning_rate) {
    require<ValueError>(!parameters.empty(), "[", name_, "] expected parameters, got none; does the model have any?");
    std::unordered_set<const Tensor::Impl*> known;
    for (const Slot& slot : slots_) known.insert(slot.parameter.impl().get());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const Tensor& parameter = parameters[i];
        require<ValueError>(parameter.defined() && is_floating(parameter.dtype()), "[", name_, "] expected floating parameters, got another tensor at ", i);
        require<ValueError>(!parameter.requires_grad() || parameter.impl()->node->is_leaf, "[", name_,
                            "] expected leaves, got a tensor computed from others at ", i);
        require<ValueError>(known.insert(parameter.impl().get()).second, "[", name_, "] expected every parameter once, got one of shape ", parameter.shape(),
                            " twice");
    }
    for (const Tensor& parameter : parameters) slots_.push_back({parameter, learning_rates_.size()});
    learning_rates_.push_back(learning_rate);
}

void Optimizer::zero_grad() {
    for (Slot& slot : slots_) slot.parameter.zero_grad();
}

double Optimizer::learning_rate(std::size_t group) const {
    require<IndexError>(group < learning_rates_.size(), "[", name_, "] expected a group below ", learning_rates_.size(), ", got ", group);
    return learning_rates_[group];
}

void Optimizer::set_learning_rate(std::size_t group, double rate) {
    require<IndexError>(group < learning_rates_.size(), "[", name_, "] expected a group below ", learning_rates_.size(), ", got ", group);
    detail::check_option(name_, "a learning rate", rate, std::numeric_limits<double>::infinity());
    learning_rates_[group] = rate;
}

void Optimizer::set_learning_rate(double rate) {
    for (std::size_t group = 0; group < learning_rates_.size(); ++group) set_learning_rate(group, rate);
}

void Optimizer::step() {
    const NoGrad no_grad;
    slices_.clear();
    for (Slot& slot : slots_)
        if (slot.parameter.grad().defined()) cut(slot);
    parallel_chunks(static_cast<std::int64_t>(slices_.size()), [&](std::int64_t i) { update(slices_[static_cast<std::size_t>(i)]); });
}

std::vector<Tensor> Optimizer::fresh_state(const Slot& slot) const {
    std::vector<Tensor> state;
    for (std::size_t i = 0; i < state_names(slot.group).size(); ++i) state.push_back(zeros_like(slot.parameter));
    return state;
}

void Optimizer::cut(Slot& slot) {
    const Tensor gradient = slot.parameter.grad();
    const DType dtype = slot.parameter.dtype();
    require<DTypeError>(gradient.dtype() == dtype, "[", name_, "] expected a gradient of ", dtype, " for a parameter of ", dtype, ", got ", gradient.dtype());
    if (slot.steps == 0) slot.state = fresh_state(slot);
    ++slot.steps;

    std::array<void*, max_states> state{};
    for (std::size_t i = 0; i < slot.state.size(); ++i) {
        require<DTypeError>(slot.state[i].dtype() == dtype, "[", name_, "] expected a parameter of ", slot.state[i].dtype(), " as in the steps before, got ",
                            dtype, "; make a new optimiser after converting the model");
        state[i] = writable(slot.state[i]);
    }
    void* const value = writable(slot.parameter);
    const std::int64_t count = slot.parameter.numel();
    for (std::int64_t begin = 0; begin < count; begin += slice_length) {
        Slice slice{.dtype = dtype,
                    .value = advance(value, begin, dtype),
                    .gradient = advance(gradient.raw_data(), begin, dtype),
                    .state = {},
                    .count = std::min(slice_length, count - begin),
                    .step = slot.steps,
                    .group = slot.group,
                    .learning_rate = learning_rates_[slot.group]};
        for (std::size_t i = 0; i < slot.state.size(); ++i) slice.state[i] = advance(state[i], begin, dtype);
        slices_.push_back(slice);
    }
}

StateDict Optimizer::state_dict() const {
    std::vector<std::int64_t> steps;
    for (const Slot& slot : slots_) steps.push_back(slot.steps);
    StateDict state;
    state.emplace_back("learning_rates", from_data<double>({static_cast<std::int64_t>(learning_rates_.size())}, learning_rates_));
    state.emplace_back("steps", from_data<std::int64_t>({static_cast<std::int64_t>(steps.size())}, steps));
    for (std::size_t i = 0; i < slots_.size(); ++i)
        for (std::size_t k = 0; k < slots_[i].state.size(); ++k) state.emplace_back(text(i, ".", state_names(slots_[i].group)[k]), slots_[i].state[k].detach());
    state.push_back(kind_entry(name_));
    return state;
}

void Optimizer::load_state_dict(const StateDict& state) {
    require_kind(name_, state);
    const auto count = static_cast<std::int64_t>(slots_.size());
    const auto found = std::find_if(state.begin(), state.end(), [](const auto& entry) { return entry.first == "steps"; });
    require<ValueError>(found != state.end(), "[", name_, "] expected the state of an optimiser, got no tensor called steps");
    const Tensor& steps = found->second;
    require<ValueError>(steps.dtype() == DType::i64 && steps.shape() == Shape{count}, "[", name_, "] expected the state of ", count,
                        " parameters, got steps of ", steps.dtype(), " and shape ", steps.shape());
    require_counts(name_, state, "steps");
    std::vector<std::vector<Tensor>> loaded(slots_.size());
    StateDict target;
    target.emplace_back("learning_rates", zeros({static_cast<std::int64_t>(learning_rates_.size())}, DType::f64));
    target.emplace_back("steps", zeros({count}, DType::i64));
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (steps.data<std::int64_t>()[i] == 0) continue;
        loaded[i] = fresh_state(slots_[i]);
        for (std::size_t k = 0; k < loaded[i].size(); ++k) target.emplace_back(text(i, ".", state_names(slots_[i].group)[k]), loaded[i][k]);
    }
    target.push_back(kind_entry(name_));
    copy_state(name_, target, state);
    const auto rates = target[0].second.data<double>();
    for (const double rate : rates) detail::check_option(name_, "a learning rate", rate, std::numeric_limits<double>::infinity());
    learning_rates_.assign(rates.begin(), rates.end());
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        slots_[i].steps = steps.data<std::int64_t>()[i];
        slots_[i].state = std::move(loaded[i]);
    }
}

}  // namespace knoll::nn

// The reverse pass. It finds the nodes between the outputs and what is asked for, and visits them from the youngest to the oldest: a node
// is always younger than its inputs, so by the time it is visited its gradient is complete.
#include <knoll/core/autograd.h>
#include <knoll/core/node.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/record.h>

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>

namespace knoll {

namespace {

thread_local bool recording = true;
thread_local const char* current_op = "backward";

// An array that nobody else holds: no gradient has two owners.
Tensor owned(Tensor gradient) { return has_one_owner(gradient) ? std::move(gradient) : gradient.clone(); }

void accumulate(Tensor& sum, Tensor gradient) {
    if (!sum.defined())
        sum = std::move(gradient);
    else if (has_one_owner(sum) && !sum.requires_grad() && !gradient.requires_grad())
        sum += gradient;
    else
        sum = sum + gradient;
}

Tensor saved_output(const NodePtr& node) {
    if (!node->output) return {};
    require<AutogradError>(node->output->version == node->output_version, "[", node->op,
                           "] expected its result unchanged since the forward pass, got a change in place: saved at version ", node->output_version,
                           ", now at version ", node->output->version.load(), "; change a clone() instead");
    auto impl = std::allocate_shared<Tensor::Impl>(SmallAllocator<Tensor::Impl>{});
    impl->shape = node->shape;
    impl->numel = node->shape.numel();
    impl->dtype = node->dtype;
    impl->storage = node->output;
    if (recording) impl->node = node;
    return Tensor(std::move(impl));
}

SmallVector<Tensor> joint_gradients(Node& node, const Tensor& upstream, const SmallVector<bool>& needed) {
    const std::uint64_t version = upstream.version();
    SmallVector<Tensor> gradients = [&] {
        const anomaly_detail::Pause pause;
        return node.joint(upstream, needed);
    }();
    require<AutogradError>(gradients.size() == node.rules.size(), "[", node.op, "] expected ", node.rules.size(), " gradients, one per input, got ",
                           gradients.size());
    require<AutogradError>(upstream.version() == version, "[", node.op,
                           "] expected a backward that leaves its upstream gradient unchanged, got a change in place; change a clone() instead");
    return gradients;
}

Tensor gradient_by(Rule& rule, const Tensor& upstream, const Tensor& output) {
    const anomaly_detail::Pause pause;
    return rule.gradient(upstream, output);
}

void free_saved(Node& node) {
    for (Rule& rule : node.rules) rule = Rule{};
    node.rules.clear();
    node.joint.reset();
    node.output.reset();
    node.hooks.clear();  // one that holds this tensor would keep it alive for good
    node.freed = true;
}

// A hook may change its gradient in place, or remove itself.
Tensor apply_hooks(const Node& node, Tensor gradient) {
    if (node.hooks.empty()) return gradient;
    gradient = owned(std::move(gradient));
    const std::vector<Hook> hooks = node.hooks;
    for (const Hook& hook : hooks) {
        Tensor replaced = hook.function(gradient);
        if (!replaced.defined()) continue;
        require<ShapeError>(replaced.shape() == node.shape, "[hook] expected a gradient of shape ", node.shape, ", got ", replaced.shape());
        require<DTypeError>(replaced.dtype() == node.dtype, "[hook] expected a gradient of ", node.dtype, ", got ", replaced.dtype(),
                            "; convert with .to(DType::", node.dtype, ")");
        gradient = std::move(replaced);
    }
    return gradient;
}

// One reverse pass. All that it notes about a node is here, not in the node: passes may meet in a graph, one inside another or in
// different threads.
class Pass {
public:
    // Finds the nodes between the outputs and what is wanted (all leaves, where that is nullptr).
    Pass(std::span<const Tensor> outputs, const std::vector<Tensor>* wanted) {
        std::uint64_t oldest = 0;
        if (wanted != nullptr) {
            oldest = std::numeric_limits<std::uint64_t>::max();
            for (const Tensor& tensor : *wanted) oldest = std::min(oldest, tensor.impl()->node->sequence);
        }
        collect(outputs, oldest);
        if (wanted != nullptr) keep_paths_to(*wanted, oldest);
    }

    // Adds a gradient to what has arrived at a node already, after undoing the broadcast of the forward pass.
    void add(const Node& node, Tensor gradient) {
        Visit* visit = find(node);
        if (visit == nullptr || !visit->on_path || !gradient.defined()) return;
        if (!(gradient.shape() == node.shape)) gradient = sum_to(gradient, node.shape);
        if (gradient.dtype() != node.dtype) gradient = gradient.to(node.dtype);
        accumulate(visit->gradient, std::move(gradient));
    }

    // From the youngest node to the oldest. keep(node, gradient) is told each complete gradient.
    template <class Keep>
    void run(bool retain, const Keep& keep) {
        for (Visit& visit : visits_) {
            if (!visit.gradient.defined()) continue;
            Node& node = *visit.node;
            Tensor gradient = apply_hooks(node, std::move(visit.gradient));
            if (!visit.goes_on) {
                keep(node, std::move(gradient));
                continue;
            }
            keep(node, gradient);
            apply(visit.node, gradient);
            if (!retain) free_saved(node);
        }
    }

private:
    struct Visit {
        NodePtr node;
        Tensor gradient;      // the sum of what has arrived
        bool on_path = true;  // to something wanted, or wanted itself
        bool goes_on = true;  // something wanted lies behind it
    };

    // Nodes are numbered as they are made: the youngest of those that are known comes next, and all that use it have been met.
    void collect(std::span<const Tensor> outputs, std::uint64_t oldest) {
        const auto is_older = [](const NodePtr* a, const NodePtr* b) { return (*a)->sequence < (*b)->sequence; };
        SmallVector<const NodePtr*> known;
        const auto add_known = [&](const NodePtr& node) {
            if (!node || node->sequence < oldest) return;
            known.push_back(&node);
            std::push_heap(known.begin(), known.end(), is_older);
        };
        for (const Tensor& output : outputs) add_known(output.impl()->node);
        while (!known.empty()) {
            std::pop_heap(known.begin(), known.end(), is_older);
            const NodePtr& node = *known.back();
            known.pop_back();
            if (!visits_.empty() && visits_.back().node == node) continue;
            visits_.push_back({.node = node, .gradient = {}, .goes_on = node->freed || !node->rules.empty()});
            for (const Rule& rule : node->rules) add_known(rule.input);
        }
    }

    // Behind a node that an earlier pass has freed, something wanted may lie, unless all of it is younger.
    void keep_paths_to(const std::vector<Tensor>& wanted, std::uint64_t oldest) {
        for (Visit& visit : visits_) visit.on_path = false;
        for (const Tensor& tensor : wanted)
            if (Visit* visit = find(*tensor.impl()->node)) visit->on_path = true;
        for (auto visit = visits_.rbegin(); visit != visits_.rend(); ++visit) {
            visit->goes_on = visit->node->freed ? visit->node->sequence > oldest : leads_on(*visit->node);
            visit->on_path = visit->on_path || visit->goes_on;
        }
    }

    bool leads_on(const Node& node) {
        return std::any_of(node.rules.begin(), node.rules.end(), [&](const Rule& rule) { return is_on_path(rule.input); });
    }
    bool is_on_path(const NodePtr& node) {
        const Visit* visit = node ? find(*node) : nullptr;
        return visit != nullptr && visit->on_path;
    }

    Visit* find(const Node& node) {
        const auto is_younger = [](const Visit& visit, std::uint64_t sequence) { return visit.node->sequence > sequence; };
        const auto found = std::lower_bound(visits_.begin(), visits_.end(), node.sequence, is_younger);
        return found != visits_.end() && found->node.get() == &node ? &*found : nullptr;
    }

    void apply(const NodePtr& node, const Tensor& upstream) {
        require<AutogradError>(!node->freed, "[", node->op,
                               "] expected what its forward pass saved, got a graph that an earlier backward pass has freed; "
                               "pass {.retain_graph = true} to the first pass");
        current_op = node->op;
        if (node->joint) {
            apply_joint(*node, upstream);
            return;
        }
        const Tensor output = saved_output(node);
        const bool watched = anomaly_mode();
        for (std::size_t i = 0; i < node->rules.size(); ++i) {
            Rule& rule = node->rules[i];
            if (!is_on_path(rule.input)) continue;
            Tensor gradient = gradient_by(rule, upstream, output);
            if (watched) anomaly_detail::check_gradient(*node, i, gradient, upstream);
            add(*rule.input, std::move(gradient));
        }
    }

    void apply_joint(Node& node, const Tensor& upstream) {
        SmallVector<bool> needed;
        needed.reserve(node.rules.size());
        for (const Rule& rule : node.rules) needed.push_back(is_on_path(rule.input));
        SmallVector<Tensor> gradients = joint_gradients(node, upstream, needed);
        const bool watched = anomaly_mode();
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            if (!needed[i]) continue;
            if (watched) anomaly_detail::check_gradient(node, i, gradients[i], upstream);
            add(*node.rules[i].input, std::move(gradients[i]));
        }
    }

    SmallVector<Visit> visits_;  // youngest first
};

// Threads may add to the gradient of one leaf at the same time.
void add_to_leaf(Node& leaf, Tensor gradient) {
    static std::array<std::mutex, 16> mutexes;
    const std::scoped_lock lock(mutexes[leaf.sequence % mutexes.size()]);
    accumulate(leaf.grad, leaf.grad.defined() ? std::move(gradient) : owned(std::move(gradient)));
}

Tensor upstream_for(const char* op, const Tensor& output, const Tensor& given) {
    require<AutogradError>(output.requires_grad(), "[", op, "] expected an output with a graph, got one that depends on no tensor that requires gradients");
    if (!given.defined()) {
        require<AutogradError>(output.numel() == 1, "[", op, "] expected a scalar output, got shape ", output.shape(), "; give an upstream gradient, or sum()");
        return ones_like(output);
    }
    require<ShapeError>(given.shape() == output.shape(), "[", op, "] expected an upstream gradient of shape ", output.shape(), ", got ", given.shape());
    return given.to(output.dtype());
}

struct RecordingScope {
    explicit RecordingScope(bool on) : before(recording), op_before(current_op) { recording = on; }
    ~RecordingScope() {
        recording = before;
        current_op = op_before;
    }
    RecordingScope(const RecordingScope&) = delete;
    RecordingScope& operator=(const RecordingScope&) = delete;
    bool before;
    const char* op_before;
};

}  // namespace

NoGrad::NoGrad() : before_(recording) { recording = false; }
NoGrad::~NoGrad() { recording = before_; }
EnableGrad::EnableGrad() : before_(recording) { recording = true; }
EnableGrad::~EnableGrad() { recording = before_; }
bool grad_enabled() { return recording; }

const Tensor& Saved::get() const {
    require<AutogradError>(!tensor_.defined() || tensor_.version() == version_, "[", current_op,
                           "] expected its saved input unchanged since the forward pass, got a change in place: saved at version ", version_,
                           ", now at version ", tensor_.defined() ? tensor_.version() : 0, "; change a clone() instead");
    return tensor_;
}

void backward(const Tensor& output, const BackwardOptions& options) {
    Tensor upstream = upstream_for("backward", output, options.grad_output);
    Pass pass({&output, 1}, nullptr);
    const RecordingScope scope(options.create_graph);
    pass.add(*output.impl()->node, std::move(upstream));
    pass.run(options.retain_graph || options.create_graph, [](Node& node, Tensor gradient) {
        if (node.is_leaf) add_to_leaf(node, std::move(gradient));
    });
}

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, const GradOptions& options) {
    require<ValueError>(options.grad_outputs.empty() || options.grad_outputs.size() == outputs.size(), "[grad] expected ", outputs.size(),
                        " upstream gradients, one per output, got ", options.grad_outputs.size());
    for (const Tensor& input : inputs)
        require<AutogradError>(input.requires_grad(),
                               "[grad] expected inputs that require gradients, got one that does not; call set_requires_grad() before using it");
    std::vector<Tensor> upstreams;
    for (std::size_t i = 0; i < outputs.size(); ++i)
        upstreams.push_back(upstream_for("grad", outputs[i], options.grad_outputs.empty() ? Tensor{} : options.grad_outputs[i]));

    Pass pass(outputs, &inputs);
    const RecordingScope scope(options.create_graph);
    for (std::size_t i = 0; i < outputs.size(); ++i) pass.add(*outputs[i].impl()->node, std::move(upstreams[i]));
    std::vector<Tensor> gradients(inputs.size());
    pass.run(options.retain_graph || options.create_graph, [&](const Node& node, const Tensor& gradient) {
        for (std::size_t i = 0; i < inputs.size(); ++i)
            if (inputs[i].impl()->node.get() == &node) gradients[i] = gradient;
    });
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        require<AutogradError>(gradients[i].defined() || options.allow_unused, "[grad] expected outputs that depend on every input, but not on input ", i,
                               " of shape ", inputs[i].shape(), "; pass {.allow_unused = true} to get an undefined gradient there");
        if (gradients[i].defined()) gradients[i] = owned(std::move(gradients[i]));
    }
    return gradients;
}

Tensor grad(const Tensor& output, const Tensor& input, const GradOptions& options) {
    return grad(std::vector<Tensor>{output}, std::vector<Tensor>{input}, options)[0];
}

}  // namespace knoll

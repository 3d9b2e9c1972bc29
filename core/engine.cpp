// The reverse pass. It collects the nodes between the outputs and what is asked for, and visits them from the youngest
// to the oldest: a node is always younger than its inputs, so by the time it is visited its gradient is complete.
#include <knoll/core/autograd.h>
#include <knoll/core/node.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/record.h>

#include <algorithm>

namespace knoll {

namespace {

thread_local bool recording = true;
thread_local const char* current_op = "backward";

using Nodes = SmallVector<NodePtr>;

// Every node that the outputs were computed from, oldest first, with `needed` set on those that lead to a wanted one.
class Graph {
public:
    Graph(std::span<const Tensor> outputs, const std::vector<Tensor>* wanted) {
        for (const Tensor& output : outputs) visit(output.impl()->node);
        for (std::size_t next = 0; next < nodes_.size(); ++next)  // NOLINT(modernize-loop-convert): the list grows meanwhile
            for (const Node& node = *nodes_[next]; const Rule& rule : node.rules) visit(rule.input);
        if (wanted != nullptr)
            for (const Tensor& tensor : *wanted) {
                visit(tensor.impl()->node);  // for the clean-up, should it lie outside the graph
                tensor.impl()->node->needed = true;
            }
        std::sort(nodes_.begin(), nodes_.end(), [](const NodePtr& a, const NodePtr& b) { return a->sequence < b->sequence; });
        for (const NodePtr& node : nodes_) {
            if (wanted == nullptr && node->is_leaf) node->needed = true;
            node->needed = node->needed || node->freed;  // where it led is forgotten: the walk has to stop there
            for (const Rule& rule : node->rules) node->needed = node->needed || (rule.input && rule.input->needed);
        }
    }
    ~Graph() {
        for (const NodePtr& node : nodes_) {
            node->walked_by = nullptr;
            node->needed = false;
            node->pending = Tensor{};
        }
        for (Suspended& outer : suspended_) {
            outer.node->walked_by = outer.walked_by;
            outer.node->needed = outer.needed;
            outer.node->pending = std::move(outer.pending);
        }
    }
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;

    const Nodes& nodes() const { return nodes_; }

private:
    void visit(const NodePtr& node) {
        if (!node || node->walked_by == this) return;
        if (node->walked_by != nullptr) {
            suspended_.push_back({node.get(), node->walked_by, std::move(node->pending), node->needed});
            node->pending = Tensor{};
            node->needed = false;
        }
        node->walked_by = this;
        nodes_.push_back(node);
    }

    // What another pass has noted at a node: one whose gradient function has started this pass.
    struct Suspended {
        Node* node;
        const void* walked_by;
        Tensor pending;
        bool needed;
    };

    Nodes nodes_;
    std::vector<Suspended> suspended_;
};

bool uniquely_owned(const Tensor& tensor) { return tensor.impl().use_count() == 1 && tensor.impl()->storage.use_count() == 1 && !tensor.requires_grad(); }

// Adds a gradient to what has arrived at a node already, after undoing the broadcast of the forward pass.
void accumulate(Node& node, Tensor gradient) {
    if (!gradient.defined()) return;
    if (!(gradient.shape() == node.shape)) gradient = sum_to(gradient, node.shape);
    if (gradient.dtype() != node.dtype) gradient = gradient.to(node.dtype);
    if (!node.pending.defined())
        node.pending = std::move(gradient);
    else if (uniquely_owned(node.pending) && !gradient.requires_grad())
        node.pending += gradient;
    else
        node.pending = node.pending + gradient;
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

void apply_joint(Node& node, const Tensor& upstream) {
    SmallVector<bool> needed;
    needed.reserve(node.rules.size());
    for (const Rule& rule : node.rules) needed.push_back(rule.input && rule.input->needed);
    const bool watched = anomaly_mode();
    SmallVector<Tensor> gradients = [&] {
        const anomaly_detail::Pause pause;
        return node.joint(upstream, needed);
    }();
    require<AutogradError>(gradients.size() == node.rules.size(), "[", node.op, "] expected ", node.rules.size(), " gradients, one per input, got ",
                           gradients.size());
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        if (!needed[i]) continue;
        if (watched) anomaly_detail::check_gradient(node, i, gradients[i], upstream);
        accumulate(*node.rules[i].input, std::move(gradients[i]));
    }
}

Tensor gradient_by(Rule& rule, const Tensor& upstream, const Tensor& output) {
    const anomaly_detail::Pause pause;
    return rule.gradient(upstream, output);
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
        if (!rule.input->needed) continue;
        Tensor gradient = gradient_by(rule, upstream, output);
        if (watched) anomaly_detail::check_gradient(*node, i, gradient, upstream);
        accumulate(*rule.input, std::move(gradient));
    }
}

void free_saved(Node& node) {
    for (Rule& rule : node.rules) rule = Rule{};
    node.rules.clear();
    node.joint.reset();
    node.output.reset();
    node.freed = true;
}

Tensor apply_hooks(Node& node, Tensor gradient) {
    for (const auto& hook : node.hooks) {
        Tensor replaced = hook(gradient);
        if (!replaced.defined()) continue;
        require<ShapeError>(replaced.shape() == node.shape, "[hook] expected a gradient of shape ", node.shape, ", got ", replaced.shape());
        require<DTypeError>(replaced.dtype() == node.dtype, "[hook] expected a gradient of ", node.dtype, ", got ", replaced.dtype(),
                            "; convert with .to(DType::", node.dtype, ")");
        gradient = std::move(replaced);
    }
    return gradient;
}

void add_to_leaf(Node& leaf, const Tensor& gradient, bool create_graph) {
    if (leaf.grad.defined())
        leaf.grad = leaf.grad + gradient;
    else
        leaf.grad = create_graph || gradient.impl()->storage.use_count() == 1 ? gradient : gradient.clone();
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

// Whether the walk goes on from a node to its inputs: past a wanted tensor it need not, and what was saved there is kept.
bool leads_on(const Node& node) {
    return node.freed || std::any_of(node.rules.begin(), node.rules.end(), [](const Rule& rule) { return rule.input && rule.input->needed; });
}

// Walks the graph. keep(node, gradient) is told each complete gradient of a leaf or wanted tensor.
template <class Keep>
void walk(const Graph& graph, bool retain, const Keep& keep) {
    for (auto next = graph.nodes().rbegin(); next != graph.nodes().rend(); ++next) {
        const NodePtr& node = *next;
        if (!node->needed || !node->pending.defined()) continue;
        const Tensor gradient = apply_hooks(*node, std::move(node->pending));
        node->pending = Tensor{};
        keep(*node, gradient);
        if (!leads_on(*node)) continue;
        apply(node, gradient);
        if (!retain) free_saved(*node);
    }
}

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
    const Tensor upstream = upstream_for("backward", output, options.grad_output);
    const Graph graph({&output, 1}, nullptr);
    const RecordingScope scope(options.create_graph);
    output.impl()->node->pending = upstream;
    walk(graph, options.retain_graph || options.create_graph, [&](Node& node, const Tensor& gradient) {
        if (node.is_leaf) add_to_leaf(node, gradient, options.create_graph);
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

    const Graph graph(outputs, &inputs);
    const RecordingScope scope(options.create_graph);
    for (std::size_t i = 0; i < outputs.size(); ++i) accumulate(*outputs[i].impl()->node, upstreams[i]);
    std::vector<Tensor> gradients(inputs.size());
    walk(graph, options.retain_graph || options.create_graph, [&](Node& node, const Tensor& gradient) {
        for (std::size_t i = 0; i < inputs.size(); ++i)
            if (inputs[i].impl()->node.get() == &node) gradients[i] = gradient;
    });
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        require<AutogradError>(gradients[i].defined() || options.allow_unused, "[grad] expected outputs that depend on every input, but not on input ", i,
                               " of shape ", inputs[i].shape(), "; pass {.allow_unused = true} to get an undefined gradient there");
    }
    return gradients;
}

Tensor grad(const Tensor& output, const Tensor& input, const GradOptions& options) {
    return grad(std::vector<Tensor>{output}, std::vector<Tensor>{input}, options)[0];
}

}  // namespace knoll

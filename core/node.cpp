#include <knoll/core/node.h>
#include <knoll/core/record.h>

#include <atomic>
#include <mutex>
#include <set>

namespace knoll {

namespace {

std::atomic<std::uint64_t> next_sequence{1};

// Deletes nodes one after another: a node that dies while another is being deleted waits in line, so that a chain of
// a million nodes needs no deep stack. The line runs through the nodes: a container of the thread would be gone when
// tensors of static duration die.
struct NodeDeleter {
    void operator()(Node* node) const noexcept {
        thread_local Node* waiting = nullptr;
        thread_local bool draining = false;
        node->next_waiting = std::exchange(waiting, node);
        if (draining) return;
        draining = true;
        while (waiting != nullptr) {
            Node* next = std::exchange(waiting, waiting->next_waiting);
            anomaly_detail::forget_place(*next);
            next->~Node();
            release_small(next, sizeof(Node));
        }
        draining = false;
    }
};

}  // namespace

NodePtr make_node(const char* op) {
    auto* node = new (allocate_small(sizeof(Node))) Node(op);
    node->sequence = next_sequence.fetch_add(1, std::memory_order_relaxed);
    return NodePtr(node, NodeDeleter{}, SmallAllocator<Node>{});
}

NodePtr make_leaf_node(const Shape& shape, DType dtype) {
    NodePtr node = make_node("leaf");
    node->shape = shape;
    node->dtype = dtype;
    node->is_leaf = true;
    return node;
}

const char* intern(const std::string& name) {
    static std::mutex mutex;
    static std::set<std::string>& names = *new std::set<std::string>;  // never destroyed: nodes point into it
    const std::scoped_lock lock(mutex);
    return names.insert(name).first->c_str();
}

NodePtr detail::attach_node(const char* op, Tensor& output) {
    // An output that shares its handle with an input (an op that had nothing to do) gets a handle of its own.
    if (output.requires_grad()) output = output.detach();
    NodePtr node = make_node(op);
    node->shape = output.shape();
    node->dtype = output.dtype();
    output.impl()->node = node;
    return node;
}

void detail::save_output(Node& node, const Tensor& output) {
    node.output = output.impl()->storage;
    node.output_version = output.version();
}

namespace {

bool any_requires_grad(const std::vector<AnyGradient>& inputs) {
    for (const AnyGradient& input : inputs)
        if (input.input.defined() && input.input.requires_grad()) return true;
    return false;
}

}  // namespace

Tensor record(const char* op, Tensor output, std::vector<AnyGradient> inputs) {
    std::vector<const Tensor*> watched;
    if (anomaly_mode()) {
        for (const AnyGradient& input : inputs) watched.push_back(&input.input);
        anomaly_detail::check_result(op, output, watched);
    }
    if (!grad_enabled() || !any_requires_grad(inputs)) return output;
    const NodePtr node = detail::attach_node(op, output);
    if (!watched.empty()) anomaly_detail::note_place(*node, watched);
    for (AnyGradient& input : inputs)
        if (input.input.defined() && input.input.requires_grad()) node->rules.push_back({input.input.impl()->node, std::move(input.function)});
    return output;
}

Tensor detail::record_joint(const char* op, Tensor output, const SmallVector<Tensor>& inputs, JointGradient joint) {
    std::vector<const Tensor*> watched;
    if (anomaly_mode()) {
        for (const Tensor& input : inputs) watched.push_back(&input);
        anomaly_detail::check_result(op, output, watched);
    }
    bool any = false;
    for (const Tensor& input : inputs) any = any || (input.defined() && input.requires_grad());
    if (!grad_enabled() || !any) return output;
    const NodePtr node = detail::attach_node(op, output);
    if (!watched.empty()) anomaly_detail::note_place(*node, watched);
    for (const Tensor& input : inputs) {
        Rule rule;
        if (input.defined()) rule.input = input.impl()->node;
        node->rules.push_back(std::move(rule));
    }
    node->joint = std::move(joint);
    return output;
}

bool is_constant_one(const Tensor& upstream) { return upstream.numel() == 1 && !upstream.requires_grad() && upstream.item() == 1.0; }

void require_no_gradient(const char* op, const Tensor& input, const char* way_out) {
    require<AutogradError>(!grad_enabled() || !input.requires_grad(), "[", op, "] expected an input that needs no gradient, got one that requires it; ",
                           way_out);
}

}  // namespace knoll

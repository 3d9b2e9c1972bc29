// What the tape knows of one tensor: the op that made it, and for each of the op's inputs a rule that turns the tensor's
// gradient into that input's. Nodes hold their inputs' nodes, never their inputs' data, unless a rule has saved it.
#pragma once

#include <knoll/core/memory.h>
#include <knoll/core/small_function.h>
#include <knoll/core/storage.h>
#include <knoll/core/tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace knoll {

using NodePtr = std::shared_ptr<Node>;

/// (upstream, output) -> gradient of one input.
using GradientFunction = SmallFunction<Tensor(const Tensor& upstream, const Tensor& output)>;

/// One input of an op and its gradient.
struct Rule {
    NodePtr input;
    GradientFunction gradient;
};

/// Gradients of all inputs at once, for ops whose gradients share their work: (upstream, which inputs are asked for) -> one each.
using JointGradient = SmallFunction<SmallVector<Tensor>(const Tensor& upstream, const SmallVector<bool>& needed)>;

/// Called with the gradient of the node's tensor; a defined result replaces it.
struct Hook {
    std::uint64_t id;  ///< given once
    std::function<Tensor(const Tensor&)> function;
};

class Node {
public:
    explicit Node(const char* op_name) : op(op_name) {}

    const char* op;              ///< static text
    std::uint64_t sequence = 0;  ///< grows with creation: inputs come before what was computed from them
    Shape shape;                 ///< of the tensor
    DType dtype = DType::f32;
    SmallVector<Rule> rules;          ///< empty for a leaf
    JointGradient joint;              ///< if set, stands in for the rules' gradients
    std::shared_ptr<Storage> output;  ///< the op's result, if a rule reads it
    std::uint64_t output_version = 0;
    bool is_leaf = false;
    bool freed = false;  ///< a backward pass has let go of what was saved
    Tensor grad;         ///< leaves: accumulated by backward()
    std::vector<Hook> hooks;

    Node* next_waiting = nullptr;  ///< in the line of nodes to be deleted
};

/// A node whose chain of inputs is released without recursion, however long it is.
NodePtr make_node(const char* op);
/// A leaf's node for a tensor of this shape and type.
NodePtr make_leaf_node(const Shape& shape, DType dtype);

/// A static copy of a name that is not known at compile time.
const char* intern(const std::string& name);

}  // namespace knoll

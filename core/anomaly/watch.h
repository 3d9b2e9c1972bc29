// What the tape tells an AnomalyMode.
#pragma once

#include <knoll/core/node.h>

#include <cstdint>
#include <initializer_list>
#include <span>

namespace knoll::anomaly_detail {

/// The result of an op. Throws AnomalyError if a number of it is not finite.
void check_result(const char* op, const Tensor& result, std::span<const Tensor* const> inputs);
inline void check_result(const char* op, const Tensor& result, std::initializer_list<const Tensor*> inputs) {
    check_result(op, result, std::span<const Tensor* const>(inputs.begin(), inputs.size()));
}

/// Notes where a node is made, and of inputs of which shapes, until it is forgotten.
void note_place(const Node& node, std::span<const Tensor* const> inputs);
inline void note_place(const Node& node, std::initializer_list<const Tensor*> inputs) {
    note_place(node, std::span<const Tensor* const>(inputs.begin(), inputs.size()));
}
/// For every node that dies.
void forget_place(const Node& node);

/// The gradient that a node's rule has found for its input. Throws AnomalyError as above.
void check_gradient(const Node& node, std::size_t rule, const Tensor& gradient, const Tensor& upstream);

/// While a gradient is computed, its ops are not looked at one by one: what they give is, as the gradient of the op that asked for it.
class Pause {
public:
    Pause();
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

private:
    bool before_;
};

}  // namespace knoll::anomaly_detail

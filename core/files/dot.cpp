#include <knoll/core/files/dot.h>
#include <knoll/core/node.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace knoll {

namespace {

// Every node that the output was computed from, oldest first.
std::vector<const Node*> nodes_behind(const Node* output) {
    std::vector<const Node*> nodes{output};
    std::unordered_set<const Node*> seen{output};
    for (std::size_t next = 0; next < nodes.size(); ++next)
        for (const Rule& rule : nodes[next]->rules)
            if (rule.input && seen.insert(rule.input.get()).second) nodes.push_back(rule.input.get());
    std::sort(nodes.begin(), nodes.end(), [](const Node* a, const Node* b) { return a->sequence < b->sequence; });
    return nodes;
}

std::string escaped(const std::string& label) {
    std::string out;
    for (const char c : label) {
        if (c == '"' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::string node_line(std::size_t id, const std::string& name, const Shape& shape, DType dtype, bool box) {
    return text("  n", id, " [label=\"", escaped(name), "\\n", shape, " ", dtype, "\"", box ? ", shape=box" : "", "];\n");
}

}  // namespace

std::string to_dot(const Tensor& output) {
    std::string out = "digraph knoll {\n  rankdir=TB;\n";
    if (!output.requires_grad()) return out + node_line(0, "constant", output.shape(), output.dtype(), true) + "}\n";
    const std::vector<const Node*> nodes = nodes_behind(output.impl()->node.get());
    std::unordered_map<const Node*, std::size_t> ids;
    for (const Node* node : nodes) {
        const std::size_t id = ids.size();
        ids.emplace(node, id);
        out += node_line(id, node->op, node->shape, node->dtype, node->is_leaf);
        for (const Rule& rule : node->rules)
            if (rule.input) out += text("  n", ids.at(rule.input.get()), " -> n", id, ";\n");
    }
    return out + "}\n";
}

}  // namespace knoll

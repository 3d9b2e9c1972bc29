// Drawings of graphs.
#pragma once

#include <knoll/core/tensor.h>

#include <string>

namespace knoll {

/// The graph that a tensor was computed from, in the language of Graphviz: one node per op with its name, shape and type, boxes
/// for leaves, arrows from inputs to results. Equal graphs give equal texts. To see it: dot -Tsvg.
std::string to_dot(const Tensor& output);

}  // namespace knoll

#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>

namespace knoll::apps {

namespace {

void add_matmul(RecordList& list, const char* variant, const Shape& a, const Shape& b, const MatmulOptions& options = {}) {
    list.add("matmul", variant, {normal_input(a, 1), normal_input(b, 2)}, [options](const auto& in) { return matmul(in[0], in[1], options); });
}

}  // namespace

std::vector<CheckRecord> product_records() {
    RecordList list{"op"};
    add_matmul(list, "", {2, 3}, {3, 4});
    add_matmul(list, "a transposed", {3, 2}, {3, 4}, {.transpose_a = true});
    add_matmul(list, "b transposed", {2, 3}, {4, 3}, {.transpose_b = true});
    add_matmul(list, "both transposed", {3, 2}, {4, 3}, {.transpose_a = true, .transpose_b = true});
    add_matmul(list, "batched", {2, 2, 3}, {2, 3, 2});
    add_matmul(list, "batched, broadcast", {2, 1, 2, 3}, {3, 3, 2});
    add_matmul(list, "batched, a transposed", {2, 3, 2}, {3, 4}, {.transpose_a = true});
    add_matmul(list, "batch times one matrix", {2, 2, 3}, {3, 2});
    add_matmul(list, "batch times one matrix, transposed", {2, 2, 3}, {2, 3}, {.transpose_b = true});
    add_matmul(list, "vector times vector", {3}, {3});
    add_matmul(list, "vector times batch", {3}, {2, 3, 2});
    add_matmul(list, "batch times vector", {2, 2, 3}, {3});
    add_matmul(list, "vector times matrix", {3}, {3, 2});
    add_matmul(list, "matrix times vector", {2, 3}, {3});
    list.add("linear", "", {normal_input({4, 3}), normal_input({2, 3}, 2), normal_input({2}, 3)}, [](const auto& in) { return linear(in[0], in[1], in[2]); });
    list.add("linear", "no bias, rank 3", {normal_input({2, 2, 3}), normal_input({2, 3}, 2)}, [](const auto& in) { return linear(in[0], in[1]); });
    list.add("vector_norm", "", {normal_input({3, 4})}, [](const auto& in) { return vector_norm(in[0]); });
    list.add("vector_norm", "dims 0 and 2, keepdim", {normal_input({2, 3, 2})}, [](const auto& in) { return vector_norm(in[0], {0, 2}, true); });
    list.add("cosine_similarity", "", {normal_input({3, 4}), normal_input({3, 4}, 2)}, [](const auto& in) { return cosine_similarity(in[0], in[1]); });
    list.add("cosine_similarity", "dim 0, broadcast", {normal_input({3, 1}), normal_input({3, 2}, 2)},
             [](const auto& in) { return cosine_similarity(in[0], in[1], 0); });
    list.add("normalize", "", {normal_input({3, 4})}, [](const auto& in) { return normalize(in[0]); });
    list.add("normalize", "dim 0", {normal_input({3, 2})}, [](const auto& in) { return normalize(in[0], 0); });
    list.add("pairwise_distances", "", {normal_input({3, 2}), normal_input({4, 2}, 2)}, [](const auto& in) { return pairwise_distances(in[0], in[1]); });
    list.add("pairwise_squared_distances", "", {normal_input({3, 2}), normal_input({4, 2}, 2)},
             [](const auto& in) { return pairwise_squared_distances(in[0], in[1]); });
    list.add("pairwise_squared_distances", "batched, broadcast", {normal_input({2, 1, 3, 2}), normal_input({2, 4, 2}, 2)},
             [](const auto& in) { return pairwise_squared_distances(in[0], in[1]); });
    return list.take();
}

}  // namespace knoll::apps

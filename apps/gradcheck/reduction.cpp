#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>

namespace knoll::apps {

namespace {

using Reduction = Tensor (*)(const Tensor&, const Dims&, bool);

// Over everything, over the first, the middle, the last and the outer dimensions, with and without keepdim: columns, rows and runs of
// both have kernels of their own.
void add_reduction(RecordList& list, const char* name, Reduction reduce, Tensor (*input)(const Shape&, std::uint64_t)) {
    const Tensor x = input({2, 3, 4}, 1);
    list.add(name, "all", {x}, [reduce](const auto& in) { return reduce(in[0], {}, false); });
    list.add(name, "first dim", {x}, [reduce](const auto& in) { return reduce(in[0], 0, false); });
    list.add(name, "last dim", {x}, [reduce](const auto& in) { return reduce(in[0], -1, false); });
    list.add(name, "dim 1", {x}, [reduce](const auto& in) { return reduce(in[0], 1, false); });
    list.add(name, "dims 0 and 2, keepdim", {x}, [reduce](const auto& in) { return reduce(in[0], {0, 2}, true); });
}

}  // namespace

std::vector<CheckRecord> reduction_records() {
    RecordList list{"op"};
    add_reduction(list, "sum", sum, normal_input);
    add_reduction(list, "mean", mean, normal_input);
    add_reduction(list, "max", max, distinct_input);
    add_reduction(list, "min", min, distinct_input);
    add_reduction(list, "prod", prod, nonzero_input);
    add_reduction(list, "logsumexp", logsumexp, normal_input);
    list.add("prod", "with zeros", {tensor({{0.0, 2.0, 3.0}, {0.0, 0.0, 4.0}}, DType::f64)}, [](const auto& in) { return prod(in[0], 1); });

    const Tensor x = normal_input({2, 3, 4});
    list.add("var", "all", {x}, [](const auto& in) { return var(in[0]); });
    list.add("var", "dim 2, population", {x}, [](const auto& in) { return var(in[0], 2, true, 0); });
    list.add("var", "dims 0 and 2, keepdim", {x}, [](const auto& in) { return var(in[0], {0, 2}, true); });
    list.add("softmax", "all", {x}, [](const auto& in) { return softmax(in[0], {}); });
    list.add("softmax", "last dim", {x}, [](const auto& in) { return softmax(in[0], -1); });
    list.add("softmax", "dims 0 and 1", {x}, [](const auto& in) { return softmax(in[0], {0, 1}); });
    list.add("log_softmax", "last dim", {x}, [](const auto& in) { return log_softmax(in[0], -1); });
    list.add("log_softmax", "dim 1", {x}, [](const auto& in) { return log_softmax(in[0], 1); });
    list.add("log_softmax", "dims 0 and 2", {x}, [](const auto& in) { return log_softmax(in[0], {0, 2}); });
    list.add("cumsum", "last dim", {x}, [](const auto& in) { return cumsum(in[0], -1); });
    list.add("cumsum", "dim 1", {x}, [](const auto& in) { return cumsum(in[0], 1); });
    list.add("sort", "ascending", {distinct_input({3, 5})}, [](const auto& in) { return sort(in[0]).values; });
    list.add("sort", "dim 0, descending", {distinct_input({3, 5})}, [](const auto& in) { return sort(in[0], 0, true).values; });
    list.add("topk", "largest", {distinct_input({3, 5})}, [](const auto& in) { return topk(in[0], 2).values; });
    list.add("topk", "dim 0, smallest", {distinct_input({3, 5})}, [](const auto& in) { return topk(in[0], 2, 0, false).values; });
    list.add_without_gradient("argmax", "gives a position: constant almost everywhere");
    list.add_without_gradient("argmin", "gives a position: constant almost everywhere");
    return list.take();
}

}  // namespace knoll::apps

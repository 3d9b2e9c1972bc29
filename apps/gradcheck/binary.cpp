#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>

namespace knoll::apps {

namespace {

void add_arithmetic(RecordList& list) {
    const auto both = [] { return std::vector<Tensor>{nonzero_input({2, 3}, 1), nonzero_input({2, 3}, 2)}; };
    const auto broadcast = [] { return std::vector<Tensor>{nonzero_input({2, 1, 3}, 1), nonzero_input({4, 1}, 2)}; };
    list.add("operator+", "", both(), [](const auto& in) { return in[0] + in[1]; });
    list.add("operator-", "", both(), [](const auto& in) { return in[0] - in[1]; });
    list.add("operator*", "", both(), [](const auto& in) { return in[0] * in[1]; });
    list.add("operator/", "", both(), [](const auto& in) { return in[0] / in[1]; });
    list.add("operator+", "broadcast", broadcast(), [](const auto& in) { return in[0] + in[1]; });
    list.add("operator-", "broadcast", broadcast(), [](const auto& in) { return in[0] - in[1]; });
    list.add("operator*", "broadcast", broadcast(), [](const auto& in) { return in[0] * in[1]; });
    list.add("operator/", "broadcast", broadcast(), [](const auto& in) { return in[0] / in[1]; });

    const auto one = [] { return std::vector<Tensor>{nonzero_input({2, 3})}; };
    list.add("operator+", "number", one(), [](const auto& in) { return 2.0 + (in[0] + 0.5); });
    list.add("operator-", "number", one(), [](const auto& in) { return 2.0 - (in[0] - 0.5); });
    list.add("operator*", "number", one(), [](const auto& in) { return 2.0 * (in[0] * 0.7); });
    list.add("operator/", "number", one(), [](const auto& in) { return 2.0 / (in[0] / 0.7); });
    list.add("operator*", "the same tensor twice", one(), [](const auto& in) { return in[0] * in[0]; });
    list.add("pow", "both tensors", {positive_input({2, 3}), normal_input({3}, 2)}, [](const auto& in) { return pow(in[0], in[1]); });
}

void add_selection(RecordList& list) {
    const auto both = [] { return std::vector<Tensor>{distinct_input({3, 4}, 1), distinct_input({3, 4}, 2) + 0.1}; };
    list.add("maximum", "", both(), [](const auto& in) { return maximum(in[0], in[1]); });
    list.add("minimum", "", both(), [](const auto& in) { return minimum(in[0], in[1]); });
    list.add("minimum", "broadcast", {distinct_input({3, 1}), distinct_input({4}, 2) + 0.1}, [](const auto& in) { return minimum(in[0], in[1]); });
    list.add("maximum", "broadcast", {distinct_input({3, 4}), distinct_input({4}, 2) + 0.1}, [](const auto& in) { return maximum(in[0], in[1]); });

    const Tensor condition = normal_input({3, 4}, 5) > 0.0;
    const auto choose = [](const auto& in) { return where(in[0], in[1], in[2]); };
    list.add("where", "", {condition, distinct_input({3, 4}, 1), distinct_input({3, 4}, 2)}, choose);
    list.add("where", "broadcast", {condition, normal_input({4}), normal_input({3, 1}, 2)}, choose);
    list.add("where", "broadcast condition", {normal_input({3, 1}, 5) > 0.0, normal_input({4}), normal_input({3, 4}, 2)}, choose);
    list.add("where", "number", {condition, normal_input({3, 4})}, [](const auto& in) { return where(in[0], in[1], 1.0) + where(in[0], 2.0, 3.0 * in[1]); });
    for (const char* comparison : {"operator>", "operator<", "operator>=", "operator<=", "operator==", "operator!="})
        list.add_without_gradient(comparison, "a comparison: constant almost everywhere, gives u8");
}

}  // namespace

std::vector<CheckRecord> binary_records() {
    RecordList list{"op"};
    add_arithmetic(list);
    add_selection(list);
    return list.take();
}

}  // namespace knoll::apps

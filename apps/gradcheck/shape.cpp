#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>

namespace knoll::apps {

std::vector<CheckRecord> shape_records() {
    RecordList list{"op"};
    const Tensor x = normal_input({2, 3, 4});
    list.add("reshape", "", {x}, [](const auto& in) { return reshape(in[0], {4, -1}); });
    list.add("flatten", "", {x}, [](const auto& in) { return flatten(in[0], 1); });
    list.add("permute", "", {x}, [](const auto& in) { return permute(in[0], {2, 0, 1}); });
    list.add("permute", "seven dimensions", {normal_input({2, 1, 3, 1, 2, 1, 2})}, [](const auto& in) { return permute(in[0], {6, 1, -2, 0, 3, 2, 4}); });
    list.add("transpose", "", {x}, [](const auto& in) { return transpose(in[0], 0, -1); });
    list.add("squeeze", "", {normal_input({2, 1, 3, 1})}, [](const auto& in) { return squeeze(in[0], 1); });
    list.add("squeeze", "all", {normal_input({2, 1, 3, 1})}, [](const auto& in) { return squeeze(in[0]); });
    list.add("unsqueeze", "", {x}, [](const auto& in) { return unsqueeze(in[0], 1); });
    list.add("unsqueeze", "at the end", {x}, [](const auto& in) { return unsqueeze(in[0], -1); });
    list.add("concat", "", {x, normal_input({2, 2, 4}, 2)}, [](const auto& in) { return concat({in[0], in[1]}, 1); });
    list.add("concat", "three parts, dim 0", {x, normal_input({1, 3, 4}, 2)}, [](const auto& in) { return concat({in[0], in[1], in[0]}); });
    list.add("stack", "", {x, normal_input({2, 3, 4}, 2)}, [](const auto& in) { return stack({in[0], in[1]}, 1); });
    list.add("stack", "at the end", {x, normal_input({2, 3, 4}, 2)}, [](const auto& in) { return stack({in[0], in[1]}, -1); });
    list.add("split", "size 3 of 4", {x}, [](const auto& in) {
        const std::vector<Tensor> parts = split(in[0], 3, 2);
        return parts[0] * parts[1];
    });
    list.add("split", "sizes", {x}, [](const auto& in) { return split(in[0], std::vector<std::int64_t>{1, 2}, 1)[1]; });
    list.add("slice", "every second", {x}, [](const auto& in) { return slice(in[0], 2, 1, 4, 2); });
    list.add("slice", "counted from the end", {x}, [](const auto& in) { return slice(in[0], 1, -2, -1); });
    list.add("slice", "beyond both ends", {x}, [](const auto& in) { return slice(in[0], -1, -100, 100, 3); });
    list.add("select", "", {x}, [](const auto& in) { return select(in[0], 1, 2); });
    list.add("select", "counted from the end", {x}, [](const auto& in) { return select(in[0], -1, -2); });
    list.add("pad", "", {x}, [](const auto& in) { return pad(in[0], {{1, 0}, {2, 1}}, 0.5); });
    list.add("pad", "cropping", {x}, [](const auto& in) { return pad(in[0], {{-1, 2}}); });
    list.add("pad", "cropping at both ends", {x}, [](const auto& in) { return pad(in[0], {{-1, -1}, {0, -1}}); });
    list.add("flip", "", {x}, [](const auto& in) { return flip(in[0], {0, 2}); });
    list.add("flip", "last dim", {x}, [](const auto& in) { return flip(in[0], -1); });
    list.add("broadcast_to", "", {normal_input({3, 1})}, [](const auto& in) { return broadcast_to(in[0], {2, 3, 4}); });
    list.add("broadcast_to", "seven dimensions", {normal_input({3, 1, 1, 1, 2})}, [](const auto& in) { return broadcast_to(in[0], {2, 1, 3, 1, 2, 1, 2}); });
    list.add("sum_to", "", {x}, [](const auto& in) { return sum_to(in[0], {3, 1}); });
    list.add("sum_to", "a scalar", {x}, [](const auto& in) { return sum_to(in[0], {}); });
    return list.take();
}

}  // namespace knoll::apps

#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>

namespace knoll::apps {

std::vector<CheckRecord> index_records() {
    RecordList list{"op"};
    const Tensor x = normal_input({3, 4});
    const Tensor rows = index_input({2, 4}, 3), columns = index_input({2, 5}, 4);  // with repetitions
    list.add("gather", "", {x, rows}, [](const auto& in) { return gather(in[0], 0, in[1]); });
    list.add("gather", "last dim", {x, columns}, [](const auto& in) { return gather(in[0], -1, in[1]); });
    list.add("scatter_add", "", {x, rows, normal_input({2, 4}, 2)}, [](const auto& in) { return scatter_add(in[0], 0, in[1], in[2]); });
    list.add("scatter_add", "last dim", {x, columns, normal_input({2, 5}, 2)}, [](const auto& in) { return scatter_add(in[0], -1, in[1], in[2]); });
    list.add("index_select", "", {x, index_input({5}, 4)}, [](const auto& in) { return index_select(in[0], 1, in[1]); });
    list.add("index_select", "dim 0", {x, index_input({5}, 3)}, [](const auto& in) { return index_select(in[0], 0, in[1]); });
    list.add("embedding", "", {normal_input({4, 3}), index_input({2, 3}, 4)}, [](const auto& in) { return embedding(in[0], in[1]); });
    list.add_without_gradient("one_hot", "made from integers");
    return list.take();
}

}  // namespace knoll::apps

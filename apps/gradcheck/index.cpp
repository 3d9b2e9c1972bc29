#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>

namespace knoll::apps {

std::vector<CheckRecord> index_records() {
    RecordList list{"op"};
    const Tensor x = normal_input({3, 4});
    const Tensor index = index_input({2, 4}, 3);  // has repetitions
    list.add("gather", "", {x}, [index](const auto& in) { return gather(in[0], 0, index); });
    list.add("scatter_add", "", {x, normal_input({2, 4}, 2)}, [index](const auto& in) { return scatter_add(in[0], 0, index, in[1]); });
    const Tensor columns = index_input({5}, 4);
    list.add("index_select", "", {x}, [columns](const auto& in) { return index_select(in[0], 1, columns); });
    const Tensor words = index_input({2, 3}, 4);
    list.add("embedding", "", {normal_input({4, 3})}, [words](const auto& in) { return embedding(in[0], words); });
    list.add_without_gradient("one_hot", "made from integers");
    return list.take();
}

}  // namespace knoll::apps

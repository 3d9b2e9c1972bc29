#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>

namespace knoll::apps {

std::vector<CheckRecord> random_records() {
    RecordList list{"op"};
    // A generator of its own in every call: the same elements drop out each time.
    list.add("dropout", "training", {normal_input({3, 4})}, [](const auto& in) {
        Rng rng{7};
        return dropout(in[0], 0.4, rng);
    });
    for (const char* name : {"rand", "randn", "bernoulli", "permutation", "choice"}) list.add_without_gradient(name, "draws numbers: depends on no tensor");
    return list.take();
}

}  // namespace knoll::apps

#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/order.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/data/active/check.h>
#include <knoll/data/active/uncertainty.h>

namespace knoll::data::active {

namespace {

std::vector<std::int64_t> to_positions(const Tensor& indices) {
    const auto values = indices.data<std::int64_t>();
    return {values.begin(), values.end()};
}

}  // namespace

std::vector<std::int64_t> select_random(std::int64_t pool, std::int64_t count, Rng rng) {
    check_count("select_random", count, pool);
    return to_positions(choice(pool, count, false, rng));
}

std::vector<std::int64_t> select_by_entropy(const Tensor& logits, std::int64_t count) {
    const NoGrad no_grad;
    check_matrix("select_by_entropy", "logits [N, K]", logits);
    check_count("select_by_entropy", count, logits.size(0));
    const Tensor log_p = log_softmax(logits.to(DType::f64), -1);
    return to_positions(topk(-sum(exp(log_p) * log_p, -1), count).indices);
}

std::vector<std::int64_t> select_by_margin(const Tensor& logits, std::int64_t count) {
    const NoGrad no_grad;
    check_matrix("select_by_margin", "logits [N, K]", logits);
    check_count("select_by_margin", count, logits.size(0));
    require<ShapeError>(logits.size(1) >= 2, "[select_by_margin] expected at least 2 classes, got logits of shape ", logits.shape());
    const Tensor largest = topk(softmax(logits.to(DType::f64), -1), 2).values;
    return to_positions(topk(select(largest, 1, 0) - select(largest, 1, 1), count, 0, false).indices);
}

}  // namespace knoll::data::active

#include <knoll/losses/paired_contrastive.h>

#include <knoll/core/ops/ops.h>

namespace knoll::losses {

namespace {

void check_square(const char* name, const Tensor& similarities) {
    require<ShapeError>(similarities.rank() == 2 && similarities.size(0) == similarities.size(1) && similarities.numel() > 0, "[", name,
                        "] expected similarities [N, N] of at least one pair, got shape ", similarities.shape());
}

}  // namespace

Tensor paired_similarities(const Tensor& u, const Tensor& v, double temperature) {
    require<ShapeError>(u.rank() == 2 && u.shape() == v.shape() && u.numel() > 0,
                        "[paired_similarities] expected two embeddings [N, D] of one shape, got shapes ", u.shape(), " and ", v.shape());
    require<ValueError>(temperature > 0, "[paired_similarities] expected a temperature above 0, got ", temperature);
    return matmul(u, v, {.transpose_b = true}) / temperature;
}

Tensor positive_role(const Tensor& similarities) {
    check_square("positive_role", similarities);
    const Tensor own = eye(similarities.size(0), DType::u8);
    return -sum(where(own, log_softmax(similarities, 1) + log_softmax(similarities, 0), 0.0), 1);
}

Tensor negative_role(const Tensor& similarities) {
    check_square("negative_role", similarities);
    const Tensor own = eye(similarities.size(0), DType::u8);
    return sum(where(own, 0.0, softmax(similarities, 1)), 0) + sum(where(own, 0.0, softmax(similarities, 0)), 1);
}

}  // namespace knoll::losses

#include <knoll/apps/gradcheck/record.h>

#include <knoll/core/ops/ops.h>

namespace knoll::apps {

Tensor normal_input(const Shape& shape, std::uint64_t seed) {
    Rng rng{seed};
    return randn(shape, rng, DType::f64);
}

Tensor positive_input(const Shape& shape, std::uint64_t seed) {
    Rng rng{seed};
    return rand(shape, rng, DType::f64) + 0.5;
}

Tensor nonzero_input(const Shape& shape, std::uint64_t seed) {
    const Tensor x = normal_input(shape, seed);
    return x + where(x > 0.0, full(shape, 0.1, DType::f64), -0.1);
}

Tensor distinct_input(const Shape& shape, std::uint64_t seed) {
    Rng rng{seed};
    const Tensor ranks = permutation(shape.numel(), rng).to(DType::f64);
    return reshape(0.3 * (ranks - 0.5 * static_cast<double>(shape.numel())) + 0.07, shape);
}

Tensor index_input(const Shape& shape, std::int64_t bound, std::uint64_t seed) {
    Rng rng{seed};
    return reshape(choice(bound, shape.numel(), true, rng), shape);
}

std::vector<CheckRecord> check_records() {
    RecordList all{""};
    for (const auto make : {elementwise_records, binary_records, reduction_records, shape_records, index_records, product_records, image_records,
                            random_records, layer_records, loss_records})
        all.append(make());
    return all.take();
}

}  // namespace knoll::apps

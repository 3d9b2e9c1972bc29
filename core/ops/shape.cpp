#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

namespace knoll {

namespace {

Shape resolve_shape(const Tensor& a, const Shape& wanted) {
    Shape shape = wanted;
    std::int64_t known = 1, unknown = -1;
    for (std::int64_t i = 0; i < shape.rank(); ++i) {
        if (shape[i] != -1) {
            known *= shape[i];
            continue;
        }
        require<ShapeError>(unknown < 0, "[reshape] expected at most one extent of -1, got ", wanted);
        unknown = i;
    }
    if (unknown >= 0 && known > 0 && a.numel() % known == 0) shape[unknown] = a.numel() / known;
    require<ShapeError>(shape.numel() == a.numel(), "[reshape] expected a shape of ", a.numel(), " elements for a tensor of shape ", a.shape(), ", got ",
                        wanted);
    return shape;
}

}  // namespace

Tensor reshape(const Tensor& a, const Shape& wanted) {
    const Shape shape = resolve_shape(a, wanted);
    if (shape == a.shape()) return a;
    return record("reshape", share_storage(a, shape), gradient(a, [before = a.shape()](const Tensor& g) { return reshape(g, before); }));
}

}  // namespace knoll

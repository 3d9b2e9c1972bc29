#include <knoll/data/pixels.h>

namespace knoll::data {

Tensor in_unit_range(const Tensor& images) {
    if (images.dtype() != DType::u8) return images.to(DType::f32);
    Tensor scaled = empty(images.shape());
    const auto pixels = images.data<std::uint8_t>();
    std::transform(pixels.begin(), pixels.end(), scaled.fresh_data<float>(), brightness<float>);
    return scaled;
}

}  // namespace knoll::data

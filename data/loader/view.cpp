#include <knoll/core/parallel.h>
#include <knoll/data/loader/view.h>

namespace knoll::data {

Tensor make_view(const Tensor& images, const Tensor& indices, std::span<const Transform> transforms, const Rng& rng) {
    require<ShapeError>(images.rank() == 4 || images.rank() == 2, "[make_view] expected images [B, C, H, W] or features [B, F], got shape ", images.shape());
    require<ShapeError>(indices.shape() == Shape{images.size(0)}, "[make_view] expected indices [", images.size(0), "], got shape ", indices.shape());
    Tensor view = images.detach().clone();
    const bool are_images = images.rank() == 4;
    const std::int64_t channels = are_images ? images.size(1) : 1, height = are_images ? images.size(2) : 1, width = images.size(-1);
    float* const pixels = view.mutable_data<float>().data();
    const auto index = indices.data<std::int64_t>();
    parallel_for(images.size(0), 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            Rng own = rng.fork(static_cast<std::uint64_t>(index[static_cast<std::size_t>(i)]));
            const ImageView image{pixels + i * channels * height * width, channels, height, width};
            for (const Transform& transform : transforms) transform(image, own);
        }
    });
    return view;
}

}  // namespace knoll::data

#include <knoll/apps/tasks/influence/paired_images.h>

#include <knoll/core/error.h>
#include <knoll/core/ops/ops.h>

#include <algorithm>
#include <cmath>

namespace knoll::apps {

namespace {

Tensor shrunk(const Tensor& images) {
    const Tensor in_unit = images.dtype() == DType::u8 ? images.to(DType::f32) / 255.0 : images.to(DType::f32);
    return avg_pool2d(in_unit, {.kernel = 2, .stride = 2});
}

}  // namespace

data::LabeledImages PairedImages::set() const { return {images, zeros({images.size(0)}, DType::i64), 1}; }

PairedImages pair_halves(const data::LabeledImages& source, const PairOptions& options) {
    require<ShapeError>(source.has_images() && source.height() >= 4 && source.width() >= 2,
                        "[influence] expected images of at least 4x2 pixels, got examples of shape ", source.example_shape());
    const auto swaps = static_cast<std::int64_t>(std::llround(options.mismatched * static_cast<double>(options.count)));
    const std::vector<std::int64_t> order = data::random_order(source.count(), Rng{options.seed}.fork(0));
    require<ValueError>(options.count >= 2 && options.count + swaps <= source.count(), "[influence] expected at least ", options.count + swaps, " images for ",
                        options.count, " pairs, got ", source.count());
    const auto label = [&](std::int64_t position) { return source.labels().at<std::int64_t>(order[static_cast<std::size_t>(position)]); };

    // The first `swaps` pairs of a second order are the mismatched ones; each takes the next spare image of another class.
    const std::vector<std::int64_t> places = data::random_order(options.count, Rng{options.seed}.fork(1));
    std::vector<std::int64_t> lower(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(options.count));
    PairedImages pairs{{}, std::vector<bool>(static_cast<std::size_t>(options.count), false)};
    std::int64_t spare = options.count;
    for (std::int64_t s = 0; s < swaps; ++s) {
        const std::int64_t place = places[static_cast<std::size_t>(s)];
        while (spare < source.count() && label(spare) == label(place)) ++spare;
        require<ValueError>(spare < source.count(), "[influence] expected more images of other classes for mismatched pairs, got ", source.count(), " images");
        lower[static_cast<std::size_t>(place)] = order[static_cast<std::size_t>(spare++)];
        pairs.mismatched[static_cast<std::size_t>(place)] = true;
    }
    const std::vector<std::int64_t> upper(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(options.count));
    const Tensor above = shrunk(data::subset(source, upper).images()), below = shrunk(data::subset(source, lower).images());
    const std::int64_t height = above.size(2), middle = height / 2;
    pairs.images = concat({slice(above, 2, 0, height - middle), slice(below, 2, height - middle, height)}, 2);
    return pairs;
}

}  // namespace knoll::apps

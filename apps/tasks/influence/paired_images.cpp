#include <knoll/apps/tasks/influence/paired_images.h>

#include <knoll/core/error.h>
#include <knoll/core/ops/ops.h>
#include <knoll/data/pixels.h>

#include <algorithm>
#include <cmath>

namespace knoll::apps {

namespace {

// The upper half of one and the lower of the other.
Tensor joined(const Tensor& above, const Tensor& below) {
    const std::int64_t height = above.size(2), middle = height - height / 2;
    return concat({slice(above, 2, 0, middle), slice(below, 2, middle, height)}, 2);
}

}  // namespace

data::LabeledImages PairedImages::set() const { return {images, zeros({images.size(0)}, DType::i64), 1}; }

PairedImages pair_halves(const data::LabeledImages& source, const PairOptions& options) {
    require<ShapeError>(source.has_images() && source.height() >= 8 && source.width() >= 4,
                        "[influence] expected images of at least 8x4 pixels, got examples of shape ", source.example_shape());
    const auto swaps = static_cast<std::int64_t>(std::llround(options.mismatched * static_cast<double>(options.count)));
    const std::vector<std::int64_t> order = data::random_order(source.count(), Rng{options.seed}.fork(0));
    require<ValueError>(options.count >= 2 && options.count + swaps <= source.count(), "[influence] expected at least ", options.count + swaps, " images for ",
                        options.count, " pairs, got ", source.count());
    const auto label = [&](std::int64_t position) { return source.labels().at<std::int64_t>(order[static_cast<std::size_t>(position)]); };

    // The first `swaps` pairs of a second order are the mismatched ones; each takes the next spare image of another class.
    const std::vector<std::int64_t> places = data::random_order(options.count, Rng{options.seed}.fork(1));
    std::vector<std::int64_t> lower(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(options.count));
    PairedImages pairs{{}, {}, std::vector<bool>(static_cast<std::size_t>(options.count), false)};
    std::int64_t spare = options.count;
    for (std::int64_t s = 0; s < swaps; ++s) {
        const std::int64_t place = places[static_cast<std::size_t>(s)];
        while (spare < source.count() && label(spare) == label(place)) ++spare;
        require<ValueError>(spare < source.count(), "[influence] expected more images of other classes for mismatched pairs, got ", source.count(), " images");
        lower[static_cast<std::size_t>(place)] = order[static_cast<std::size_t>(spare++)];
        pairs.mismatched[static_cast<std::size_t>(place)] = true;
    }
    const std::vector<std::int64_t> upper(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(options.count));
    const Tensor above = data::in_unit_range(data::subset(source, upper).images()), below = data::in_unit_range(data::subset(source, lower).images());
    const Pool2dOptions quarter{.kernel = 4, .stride = 4};
    pairs.images = joined(avg_pool2d(above, quarter), avg_pool2d(below, quarter));
    pairs.pictures = joined(above, below);
    return pairs;
}

}  // namespace knoll::apps

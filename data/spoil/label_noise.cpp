#include <knoll/data/spoil/label_noise.h>

namespace knoll::data {

LabeledImages add_label_noise(const LabeledImages& set, const LabelNoiseOptions& options) {
    const std::int64_t classes = set.classes();
    require<ValueError>(options.rate >= 0.0 && options.rate <= 1.0, "[add_label_noise] expected a rate in [0, 1], got ", options.rate);
    require<ValueError>(classes >= 2, "[add_label_noise] expected at least two classes, got ", classes);
    const Rng draws{options.seed};
    Tensor labels = set.labels().clone();
    auto* values = labels.fresh_data<std::int64_t>();
    for (std::int64_t i = 0; i < set.count(); ++i) {
        Rng rng = draws.fork(static_cast<std::uint64_t>(i));
        if (!rng.bernoulli(options.rate)) continue;
        const std::int64_t step = options.noise == Noise::pairwise ? 1 : 1 + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(classes - 1)));
        values[i] = (values[i] + step) % classes;
    }
    return {set.images(), std::move(labels), classes, set.class_names()};
}

}  // namespace knoll::data

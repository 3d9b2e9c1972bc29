#include <knoll/data/spoil/drop_labels.h>

#include <algorithm>
#include <array>

namespace knoll::data {

namespace {

constexpr std::array<std::string_view, 4> keep_names{"single", "40", "75", "full"};

}  // namespace

std::string to_string(Keep keep) { return std::string(keep_names[static_cast<std::size_t>(keep)]); }

Keep parse_keep(std::string_view text) {
    const auto found = std::find(keep_names.begin(), keep_names.end(), text);
    require<ValueError>(found != keep_names.end(), "[keep] expected single, 40, 75 or full, got ", text);
    return static_cast<Keep>(found - keep_names.begin());
}

std::int64_t kept_labels(Keep keep, std::int64_t positives) {
    switch (keep) {
        case Keep::single:
            return std::min<std::int64_t>(positives, 1);
        case Keep::forty:
            return std::min(positives, positives / 5 + 1);
        case Keep::seventy_five:
            return std::min(positives, positives / 2 + 1);
        case Keep::full:
            break;
    }
    return positives;
}

MultiLabelImages drop_labels(const MultiLabelImages& set, const DropOptions& options) {
    const std::int64_t classes = set.classes();
    const Rng draws = Rng{options.seed}.fork(static_cast<std::uint64_t>(options.keep));
    Tensor labels = set.labels().clone();
    auto* row = labels.fresh_data<std::uint8_t>();
    for (std::int64_t image = 0; image < set.count(); ++image, row += classes) {
        std::int64_t left = std::count(row, row + classes, std::uint8_t{1});
        std::int64_t wanted = kept_labels(options.keep, left);
        Rng rng = draws.fork(static_cast<std::uint64_t>(image));
        // Selection sampling: of the positives still to come, `wanted` are taken with equal chances.
        for (std::int64_t c = 0; c < classes; ++c) {
            if (row[c] == 0) continue;
            const bool keep = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(left))) < wanted;
            row[c] = keep ? 1 : 0;
            wanted -= keep ? 1 : 0;
            --left;
        }
    }
    return {set.images(), labels, set.class_names()};
}

MultiLabelImages drop_labels_at_random(const MultiLabelImages& set, const RandomDropOptions& options) {
    require<ValueError>(options.rate >= 0.0 && options.rate <= 1.0, "[drop_labels_at_random] expected a rate in [0, 1], got ", options.rate);
    const std::int64_t classes = set.classes();
    const Rng draws{options.seed};
    Tensor labels = set.labels().clone();
    auto* row = labels.fresh_data<std::uint8_t>();
    for (std::int64_t image = 0; image < set.count(); ++image, row += classes) {
        Rng rng = draws.fork(static_cast<std::uint64_t>(image));
        std::vector<std::int64_t> positives;
        for (std::int64_t c = 0; c < classes; ++c)
            if (row[c] != 0) positives.push_back(c);
        if (positives.empty()) continue;
        const std::int64_t survivor = positives[static_cast<std::size_t>(rng.below(positives.size()))];
        std::int64_t left = 0;
        for (const std::int64_t c : positives) {
            row[c] = rng.bernoulli(options.rate) ? 0 : 1;
            left += row[c];
        }
        if (left == 0) row[survivor] = 1;
    }
    return {set.images(), labels, set.class_names()};
}

}  // namespace knoll::data

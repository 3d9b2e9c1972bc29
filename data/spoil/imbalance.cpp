#include <knoll/data/spoil/imbalance.h>

#include <algorithm>
#include <cmath>

namespace knoll::data {

std::string to_string(Profile profile) { return profile == Profile::long_tailed ? "long-tailed" : "step"; }

Profile parse_profile(std::string_view text) {
    for (const Profile profile : {Profile::long_tailed, Profile::step})
        if (to_string(profile) == text) return profile;
    fail<ValueError>("[profile] expected long-tailed or step, got ", text);
}

std::vector<std::int64_t> imbalanced_counts(std::int64_t examples, std::int64_t classes, Profile profile, double ratio) {
    require<ValueError>(ratio > 0.0 && ratio <= 1.0, "[imbalanced_counts] expected a ratio in (0, 1], got ", ratio);
    require<ValueError>(classes >= 1, "[imbalanced_counts] expected at least one class, got ", classes);
    const double most = static_cast<double>(examples) / static_cast<double>(classes);
    std::vector<std::int64_t> counts;
    for (std::int64_t c = 0; c < classes; ++c) {
        const double exponent = profile == Profile::step ? (c < classes / 2 ? 0.0 : 1.0)
                                : classes == 1           ? 0.0
                                                         : static_cast<double>(c) / static_cast<double>(classes - 1);
        counts.push_back(static_cast<std::int64_t>(std::floor(most * std::pow(ratio, exponent))));
    }
    return counts;
}

LabeledImages make_imbalanced(const LabeledImages& set, const ImbalanceOptions& options) {
    const std::vector<std::int64_t> counts = imbalanced_counts(set.count(), set.classes(), options.profile, options.ratio);
    const auto empty_class = std::find(counts.begin(), counts.end(), 0);
    require<ValueError>(empty_class == counts.end(), "[make_imbalanced] expected at least one example of each class, got none of class ",
                        empty_class - counts.begin(), "; take more examples or a ratio nearer to 1");

    std::vector<std::int64_t> left = counts;
    std::vector<std::int64_t> kept;
    const auto labels = set.labels().data<std::int64_t>();
    for (const std::int64_t i : random_order(set.count(), Rng{options.seed})) {
        std::int64_t& room = left[static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])];
        if (room == 0) continue;
        --room;
        kept.push_back(i);
    }
    std::sort(kept.begin(), kept.end());
    return subset(set, kept);
}

}  // namespace knoll::data

// Imbalanced training sets cut out of balanced ones, by the rule of LDAM (Cao et al. 2019, arXiv 1906.07413).
#pragma once

#include <knoll/data/dataset.h>

#include <string_view>

namespace knoll::data {

enum class Profile {
    long_tailed,  ///< counts fall exponentially from the first class to the last
    step          ///< the first half of the classes full, the others at the ratio
};

/// "long-tailed" or "step".
std::string to_string(Profile profile);
/// The inverse. Throws ValueError that lists what there is.
Profile parse_profile(std::string_view text);

struct ImbalanceOptions {
    Profile profile = Profile::long_tailed;
    double ratio = 0.01;  ///< N_min / N_max, in (0, 1]
    std::uint64_t seed = 0;
};

/// Examples per class cut from `examples` of `classes` classes. With n_max = examples / classes, class c keeps
/// floor(n_max ratio^(c / (classes-1))), or for a step n_max in the first classes/2 and floor(n_max ratio) in the rest.
/// Throws ValueError on a ratio outside (0, 1].
std::vector<std::int64_t> imbalanced_counts(std::int64_t examples, std::int64_t classes, Profile profile, double ratio);

/// A random subset of each class of that size (or the whole class, if it is smaller), in the original order.
/// Throws ValueError if a class would be left without examples.
LabeledImages make_imbalanced(const LabeledImages& set, const ImbalanceOptions& options);

}  // namespace knoll::data

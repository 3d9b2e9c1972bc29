// Episodes: many small classification tasks out of one data set, for learning to learn (Vinyals et al. 2016, arXiv 1606.04080).
#pragma once

#include <knoll/data/loader/sampler.h>

namespace knoll::data {

struct EpisodeOptions {
    std::vector<std::int64_t> classes = {};  ///< those that episodes are made of; all unless given
    std::int64_t ways = 5;                   ///< classes of an episode
    std::int64_t shots = 5;                  ///< examples of each to train on
    std::int64_t queries = 15;               ///< further examples of each to be judged on
    std::int64_t episodes = 1;               ///< in a pass

    std::int64_t length() const { return ways * (shots + queries); }
};

/// Each episode draws `ways` classes in random order and examples of them, none twice: first `shots` of the first class, of the second and
/// so on, then `queries` of each in the same order. Throws ValueError if there are too few classes, or examples of one of them.
Sampler episode_sampler(const LabeledImages& set, const EpisodeOptions& options);

}  // namespace knoll::data

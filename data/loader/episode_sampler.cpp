#include <knoll/data/loader/episode_sampler.h>

#include <numeric>
#include <utility>

namespace knoll::data {

namespace {

using Indices = std::vector<std::int64_t>;

std::vector<Indices> members_of(const LabeledImages& set, const EpisodeOptions& options) {
    Indices classes = options.classes;
    if (classes.empty()) {
        classes.resize(static_cast<std::size_t>(set.classes()));
        std::iota(classes.begin(), classes.end(), std::int64_t{0});
    }
    require<ValueError>(options.ways >= 1 && options.shots >= 1 && options.queries >= 0 && options.episodes >= 0,
                        "[episode_sampler] expected 1 way and 1 shot or more, got ", options.ways, " and ", options.shots, ", with ", options.queries,
                        " queries and ", options.episodes, " episodes");
    require<ValueError>(options.ways <= std::ssize(classes), "[episode_sampler] expected at most as many ways as there are classes, ", classes.size(), ", got ",
                        options.ways);
    std::vector<Indices> members(static_cast<std::size_t>(set.classes()));
    const auto labels = set.labels().data<std::int64_t>();
    for (std::size_t i = 0; i < labels.size(); ++i) members[static_cast<std::size_t>(labels[i])].push_back(static_cast<std::int64_t>(i));
    std::vector<Indices> chosen;
    for (const std::int64_t c : classes) {
        require<ValueError>(c >= 0 && c < set.classes(), "[episode_sampler] expected classes below ", set.classes(), ", got ", c);
        chosen.push_back(members[static_cast<std::size_t>(c)]);
        require<ValueError>(std::ssize(chosen.back()) >= options.shots + options.queries, "[episode_sampler] expected ", options.shots + options.queries,
                            " examples or more of class ", c, ", got ", chosen.back().size());
    }
    return chosen;
}

// Brings `count` entries drawn at random to the front: the first steps of Fisher and Yates.
template <class T>
void draw_to_front(std::vector<T>& values, std::int64_t count, Rng& rng) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) std::swap(values[i], values[i + static_cast<std::size_t>(rng.below(values.size() - i))]);
}

}  // namespace

Sampler episode_sampler(const LabeledImages& set, const EpisodeOptions& options) {
    return {options.episodes * options.length(), [members = members_of(set, options), options](Rng rng) {
                Indices order;
                for (std::int64_t episode = 0; episode < options.episodes; ++episode) {
                    Rng draws = rng.fork(static_cast<std::uint64_t>(episode));
                    std::vector<std::size_t> classes(members.size());
                    std::iota(classes.begin(), classes.end(), std::size_t{0});
                    draw_to_front(classes, options.ways, draws);
                    std::vector<Indices> drawn;
                    for (std::int64_t way = 0; way < options.ways; ++way) {
                        drawn.push_back(members[classes[static_cast<std::size_t>(way)]]);
                        draw_to_front(drawn.back(), options.shots + options.queries, draws);
                    }
                    for (const Indices& examples : drawn) order.insert(order.end(), examples.begin(), examples.begin() + options.shots);
                    for (const Indices& examples : drawn)
                        order.insert(order.end(), examples.begin() + options.shots, examples.begin() + options.shots + options.queries);
                }
                return order;
            }};
}

}  // namespace knoll::data

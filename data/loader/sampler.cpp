#include <knoll/data/loader/sampler.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace knoll::data {

namespace {

using Indices = std::vector<std::int64_t>;

// The examples of each class that has any.
std::vector<Indices> members_by_class(const LabeledImages& set) {
    std::vector<Indices> members(static_cast<std::size_t>(set.classes()));
    const auto labels = set.labels().data<std::int64_t>();
    for (std::size_t i = 0; i < labels.size(); ++i) members[static_cast<std::size_t>(labels[i])].push_back(static_cast<std::int64_t>(i));
    std::erase_if(members, [](const Indices& indices) { return indices.empty(); });
    require<ValueError>(!members.empty(), "[sampler] expected a set with examples, got an empty one");
    return members;
}

std::size_t below(Rng& rng, std::size_t bound) { return static_cast<std::size_t>(rng.below(bound)); }

// Fisher and Yates.
void shuffle(Indices& values, Rng& rng) {
    for (std::size_t left = values.size(); left > 1; --left) std::swap(values[left - 1], values[below(rng, left)]);
}

}  // namespace

Sampler::Sampler(std::int64_t draws, std::function<Indices(Rng)> order) : draws_(draws), order_(std::move(order)) {
    require<ValueError>(draws >= 0, "[sampler] expected 0 draws or more, got ", draws);
}

Indices Sampler::order(Rng rng) const {
    Indices indices = order_(rng);
    require<ValueError>(static_cast<std::int64_t>(indices.size()) == draws_, "[sampler] expected ", draws_, " draws, got ", indices.size());
    return indices;
}

Sampler sequential_sampler(std::int64_t count) {
    return {count, [count](Rng) {
                Indices order(static_cast<std::size_t>(count));
                std::iota(order.begin(), order.end(), std::int64_t{0});
                return order;
            }};
}

Sampler shuffling_sampler(std::int64_t count) {
    return {count, [count](Rng rng) { return random_order(count, rng); }};
}

Sampler over_sampler(const LabeledImages& set) {
    const auto draw = [members = members_by_class(set), draws = set.count()](Rng rng) {
        Indices order(static_cast<std::size_t>(draws));
        for (std::int64_t& index : order) {
            const Indices& examples = members[below(rng, members.size())];
            index = examples[below(rng, examples.size())];
        }
        return order;
    };
    return {set.count(), draw};
}

Sampler under_sampler(const LabeledImages& set) {
    const std::vector<Indices> members = members_by_class(set);
    std::size_t smallest = members.front().size();
    for (const Indices& examples : members) smallest = std::min(smallest, examples.size());
    const auto draw = [members, smallest](Rng rng) {
        Indices order;
        for (Indices examples : members) {
            shuffle(examples, rng);
            order.insert(order.end(), examples.begin(), examples.begin() + static_cast<std::ptrdiff_t>(smallest));
        }
        shuffle(order, rng);
        return order;
    };
    return {static_cast<std::int64_t>(members.size() * smallest), draw};
}

Sampler class_balanced_sampler(const LabeledImages& set) {
    const std::vector<Indices> members = members_by_class(set);
    const std::size_t rounds = (static_cast<std::size_t>(set.count()) + members.size() - 1) / members.size();
    const auto draw = [members, rounds](Rng rng) {
        std::vector<Indices> decks = members;
        Indices classes(members.size());
        std::iota(classes.begin(), classes.end(), std::int64_t{0});
        Indices order;
        for (std::size_t round = 0; round < rounds; ++round) {
            shuffle(classes, rng);
            for (const std::int64_t c : classes) {
                Indices& deck = decks[static_cast<std::size_t>(c)];
                const std::size_t position = round % deck.size();
                if (position == 0) shuffle(deck, rng);
                order.push_back(deck[position]);
            }
        }
        return order;
    };
    return {static_cast<std::int64_t>(rounds * members.size()), draw};
}

Sampler classes_and_examples_sampler(const LabeledImages& set, std::int64_t classes, std::int64_t examples) {
    require<ValueError>(classes >= 1 && examples >= 1, "[sampler] expected at least one class and one example in a batch, got ", classes, " and ", examples);
    std::vector<Indices> members = members_by_class(set);
    std::erase_if(members, [=](const Indices& indices) { return std::ssize(indices) < examples; });
    require<ValueError>(std::ssize(members) >= classes, "[sampler] expected ", classes, " classes of at least ", examples, " examples, got ", members.size());
    const std::int64_t batches = std::max<std::int64_t>(set.count() / (classes * examples), 1);
    const auto draw = [members, batches, classes, examples](Rng rng) {
        std::vector<Indices> decks = members;
        std::vector<std::size_t> drawn(members.size(), 0);  // of each deck as it lies
        for (Indices& deck : decks) shuffle(deck, rng);
        Indices kinds(members.size());
        std::iota(kinds.begin(), kinds.end(), std::int64_t{0});
        Indices order;
        for (std::int64_t batch = 0; batch < batches; ++batch) {
            shuffle(kinds, rng);
            for (std::int64_t k = 0; k < classes; ++k) {
                const auto kind = static_cast<std::size_t>(kinds[static_cast<std::size_t>(k)]);
                Indices& deck = decks[kind];
                // What is left of a deck that does not suffice waits for the next shuffle, or a batch might have an example twice.
                if (drawn[kind] + static_cast<std::size_t>(examples) > deck.size()) {
                    shuffle(deck, rng);
                    drawn[kind] = 0;
                }
                const auto from = deck.begin() + static_cast<std::ptrdiff_t>(drawn[kind]);
                order.insert(order.end(), from, from + examples);
                drawn[kind] += static_cast<std::size_t>(examples);
            }
        }
        return order;
    };
    return {batches * classes * examples, draw};
}

Sampler bag_sampler(std::int64_t count, std::int64_t bag, std::uint64_t bag_seed) {
    require<ValueError>(bag >= 1 && bag <= count, "[bag_sampler] expected bags of 1..", count, " examples, got ", bag);
    const std::int64_t bags = count / bag;
    return {bags * bag, [members = random_order(count, Rng{bag_seed}), bag, bags](Rng rng) {
                Indices indices;
                indices.reserve(static_cast<std::size_t>(bags * bag));
                for (const std::int64_t b : random_order(bags, rng)) indices.insert(indices.end(), members.begin() + b * bag, members.begin() + (b + 1) * bag);
                return indices;
            }};
}

}  // namespace knoll::data

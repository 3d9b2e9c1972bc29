// Samplers and transforms told again draw by draw: a seed stands for an order and for what happens to every example.
#include "data/random_sets.h"

#include <knoll/data/loader/episode_sampler.h>
#include <knoll/data/loader/sampler.h>
#include <knoll/data/loader/transform.h>
#include <knoll/data/loader/view.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

using namespace knoll;
using Positions = std::vector<std::int64_t>;

namespace {

// Ten examples of class 0, two of 1, four of 2 and of 4, none of 3.
data::LabeledImages uneven() {
    const Positions labels{2, 0, 1, 0, 2, 0, 4, 0, 2, 0, 0, 4, 0, 2, 0, 1, 0, 0, 4, 4};
    return {zeros({20, 1}), from_data<std::int64_t>({20}, labels), 5};
}

std::map<std::int64_t, Positions> members(const data::LabeledImages& set) {
    std::map<std::int64_t, Positions> found;
    for (std::int64_t i = 0; i < set.count(); ++i) found[set.labels().at<std::int64_t>(i)].push_back(i);
    return found;
}

// From the back, each place drawn among those up to it.
Positions shuffled(Positions values, Rng& rng) {
    for (std::size_t last = values.size(); last-- > 1;) std::swap(values[last], values[static_cast<std::size_t>(rng.below(last + 1))]);
    return values;
}

}  // namespace

TEST_CASE("over-sampling draws a class and then an example") {
    const data::LabeledImages set = uneven();
    const std::map<std::int64_t, Positions> groups = members(set);
    const Positions classes{0, 1, 2, 4};
    Rng rng{7};
    Positions expected;
    for (int i = 0; i < 20; ++i) {
        const Positions& group = groups.at(classes[static_cast<std::size_t>(rng.below(4))]);
        expected.push_back(group[static_cast<std::size_t>(rng.below(group.size()))]);
    }
    CHECK(data::over_sampler(set).order(Rng{7}) == expected);
    CHECK(data::over_sampler(set).draws() == 20);
}

TEST_CASE("under-sampling shuffles every class, takes its first, and shuffles what it took") {
    const data::LabeledImages set = uneven();
    Rng rng{7};
    Positions expected;
    for (const auto& [label, group] : members(set)) {
        const Positions order = shuffled(group, rng);
        expected.insert(expected.end(), order.begin(), order.begin() + 2);
    }
    CHECK(data::under_sampler(set).order(Rng{7}) == shuffled(expected, rng));
    CHECK(data::under_sampler(set).draws() == 8);
}

TEST_CASE("class-balanced sampling shuffles the classes every round and a class's examples whenever they have all been drawn") {
    const data::LabeledImages set = uneven();
    std::vector<Positions> decks;
    for (const auto& [label, group] : members(set)) decks.push_back(group);
    Rng rng{7};
    Positions expected, classes{0, 1, 2, 3};
    for (std::size_t round = 0; round < 5; ++round) {
        classes = shuffled(classes, rng);
        for (const std::int64_t c : classes) {
            Positions& deck = decks[static_cast<std::size_t>(c)];
            if (round % deck.size() == 0) deck = shuffled(deck, rng);
            expected.push_back(deck[round % deck.size()]);
        }
    }
    CHECK(data::class_balanced_sampler(set).order(Rng{7}) == expected);
    CHECK(data::class_balanced_sampler(set).draws() == 20);
    CHECK(data::class_balanced_sampler(random_images(21, 1, 1, 4)).draws() == 24);
}

TEST_CASE("batches for losses of pairs draw their classes anew, and go through a class before it repeats") {
    const data::LabeledImages set = uneven();
    for (const auto& [kinds, examples, batches] : {std::tuple{2, 3, 3}, {3, 4, 1}, {2, 2, 5}, {1, 1, 20}}) {
        std::vector<Positions> decks;
        for (const auto& [label, group] : members(set))
            if (std::ssize(group) >= examples) decks.push_back(group);
        Rng rng{9};
        for (Positions& deck : decks) deck = shuffled(deck, rng);
        std::vector<std::size_t> used(decks.size());
        Positions classes(decks.size()), expected;
        std::iota(classes.begin(), classes.end(), 0);
        for (int batch = 0; batch < batches; ++batch) {
            classes = shuffled(classes, rng);
            for (std::size_t k = 0; k < static_cast<std::size_t>(kinds); ++k) {
                const auto c = static_cast<std::size_t>(classes[k]);
                if (used[c] + static_cast<std::size_t>(examples) > decks[c].size()) decks[c] = shuffled(decks[c], rng), used[c] = 0;
                for (int n = 0; n < examples; ++n) expected.push_back(decks[c][used[c]++]);
            }
        }
        INFO(kinds << " classes of " << examples);
        CHECK(data::classes_and_examples_sampler(set, kinds, examples).order(Rng{9}) == expected);
        CHECK(data::classes_and_examples_sampler(set, kinds, examples).draws() == kinds * examples * batches);
    }
    CHECK(data::classes_and_examples_sampler(set, 4, 2).draws() == 16);
    CHECK_THROWS_AS(data::classes_and_examples_sampler(set, 2, 0), ValueError);
    CHECK(data::classes_and_examples_sampler(random_images(4, 1, 1, 2), 2, 2).draws() == 4);
}

TEST_CASE("bags are slices of one random order, and an epoch is an order of the bags") {
    const Positions order = data::random_order(11, Rng{3});
    for (const std::uint64_t epoch : {1U, 2U}) {
        Positions expected;
        for (const std::int64_t bag : data::random_order(2, Rng{epoch}))
            for (std::int64_t i = 0; i < 5; ++i) expected.push_back(order[static_cast<std::size_t>(bag * 5 + i)]);
        CHECK(data::bag_sampler(11, 5, 3).order(Rng{epoch}) == expected);
    }
    CHECK(data::bag_sampler(3, 1, 0).draws() == 3);
    CHECK_THROWS_AS(data::bag_sampler(3, 0, 0), ValueError);
}

TEST_CASE("an episode draws classes to its front, then examples of each to theirs") {
    const data::LabeledImages set = uneven();
    const data::EpisodeOptions options{.classes = {4, 0, 2}, .ways = 2, .shots = 1, .queries = 3, .episodes = 6};
    std::map<std::int64_t, Positions> groups = members(set);
    const auto to_front = [](Positions values, std::size_t count, Rng& rng) {
        for (std::size_t i = 0; i < count; ++i) std::swap(values[i], values[i + static_cast<std::size_t>(rng.below(values.size() - i))]);
        return values;
    };
    Positions expected;
    for (std::uint64_t episode = 0; episode < 6; ++episode) {
        Rng rng = Rng{13}.fork(episode);
        const Positions classes = to_front(options.classes, 2, rng);
        std::vector<Positions> drawn;
        for (std::size_t way = 0; way < 2; ++way) drawn.push_back(to_front(groups[classes[way]], 4, rng));
        for (const Positions& examples : drawn) expected.push_back(examples[0]);
        for (const Positions& examples : drawn) expected.insert(expected.end(), examples.begin() + 1, examples.begin() + 4);
    }
    CHECK(data::episode_sampler(set, options).order(Rng{13}) == expected);
    CHECK(data::episode_sampler(set, options).draws() == 48);
    const data::EpisodeOptions defaults;
    CHECK((defaults.classes.empty() && defaults.ways == 5 && defaults.shots == 5 && defaults.queries == 15 && defaults.episodes == 1));
    CHECK(defaults.length() == 100);
    CHECK(data::episode_sampler(random_images(20, 1, 1, 2), {.ways = 2, .shots = 10, .queries = 0}).draws() == 20);
    const data::LabeledImages two = random_images(20, 1, 1, 2);
    for (const data::EpisodeOptions& wrong :
         {data::EpisodeOptions{.ways = 0}, {.ways = 1, .queries = -1}, {.ways = 1, .shots = 1, .queries = 1, .episodes = -1}})
        CHECK_THROWS_WITH(data::episode_sampler(two, wrong), Catch::Contains("[episode_sampler] expected 1 way and 1 shot or more, got "));
    CHECK_THROWS_AS(data::episode_sampler(two, {.classes = {-1}, .ways = 1, .shots = 1, .queries = 1}), ValueError);
    CHECK(data::episode_sampler(two, {.ways = 1, .shots = 1, .queries = 1, .episodes = 0}).order(Rng{1}).empty());
}

TEST_CASE("a crop draws how far down and then how far to the right, and cutout where its middle is") {
    for (std::uint64_t seed = 0; seed < 30; ++seed)
        for (const std::int64_t side : {1, 2, 3, 4, 9}) {
            std::vector<float> crop(2 * 5 * 7), hole(2 * 5 * 7);
            std::iota(crop.begin(), crop.end(), 1.0F);
            std::iota(hole.begin(), hole.end(), 1.0F);
            Rng drawn{seed}, plain{seed}, drawn_hole{seed}, plain_hole{seed};
            data::random_crop(side)({crop.data(), 2, 5, 7}, drawn);
            data::cutout(side, 0.5F)({hole.data(), 2, 5, 7}, drawn_hole);
            const std::int64_t down = plain.index_below(2 * side + 1) - side, right = plain.index_below(2 * side + 1) - side;
            const std::int64_t top = plain_hole.index_below(5) - side / 2, left = plain_hole.index_below(7) - side / 2;
            for (std::int64_t c = 0; c < 2; ++c)
                for (std::int64_t y = 0; y < 5; ++y)
                    for (std::int64_t x = 0; x < 7; ++x) {
                        const auto at = static_cast<std::size_t>((c * 5 + y) * 7 + x);
                        const bool is_inside = y + down >= 0 && y + down < 5 && x + right >= 0 && x + right < 7;
                        REQUIRE(crop[at] == (is_inside ? static_cast<float>((c * 5 + y + down) * 7 + x + right + 1) : 0.0F));
                        const bool is_cut = y >= top && y < top + side && x >= left && x < left + side;
                        REQUIRE(hole[at] == (is_cut ? 0.5F : static_cast<float>(at + 1)));
                    }
            CHECK(drawn.position() == plain.position());
        }
    std::vector<float> one(1, 3.0F);
    Rng rng{1};
    data::cutout(1)({one.data(), 1, 1, 1}, rng);
    CHECK(one[0] == 0.0F);
    CHECK_THROWS_AS(data::random_horizontal_flip(-0.1), ValueError);
    CHECK_NOTHROW(data::random_crop(0));
}

TEST_CASE("normalize goes over whole planes, with a pair for each or one for all") {
    std::vector<float> pixels(3 * 2 * 2);
    std::iota(pixels.begin(), pixels.end(), 0.0F);
    std::vector<float> same = pixels;
    Rng rng{1};
    data::normalize({1, 2, 3}, {2, 4, 0.5F})({pixels.data(), 3, 2, 2}, rng);
    CHECK(pixels == std::vector<float>{-0.5F, 0, 0.5F, 1, 0.5F, 0.75F, 1, 1.25F, 10, 12, 14, 16});
    data::normalize({1}, {2})({same.data(), 3, 2, 2}, rng);
    CHECK(same == std::vector<float>{-0.5F, 0, 0.5F, 1, 1.5F, 2, 2.5F, 3, 3.5F, 4, 4.5F, 5});
    CHECK_THROWS_WITH(data::normalize({}, {}), "[normalize] expected as many deviations as means, got 0 and 0");
    CHECK_THROWS_AS(data::normalize({1, 1}, {1, -1}), ValueError);
}

TEST_CASE("a view runs the transforms over every example in turn, of images and of features") {
    Rng rng{2};
    const Tensor images = rand({37, 2, 3, 5}, rng);
    const std::vector<data::Transform> changes{data::random_crop(1), data::normalize({0.5F, 0.25F}, {2, 4})};
    Positions indices(37);
    std::iota(indices.begin(), indices.end(), 100);
    std::swap(indices[0], indices[36]);
    const Tensor view = data::make_view(images, from_data<std::int64_t>({37}, indices), changes, Rng{4});
    std::vector<float> expected(images.data<float>().begin(), images.data<float>().end());
    for (std::size_t i = 0; i < 37; ++i) {
        Rng own = Rng{4}.fork(static_cast<std::uint64_t>(indices[i]));
        for (const data::Transform& change : changes) change({expected.data() + i * 30, 2, 3, 5}, own);
    }
    CHECK(view.to_vector() == std::vector<double>(expected.begin(), expected.end()));
    const data::Transform record = [](const data::ImageView& row, Rng&) {
        for (std::int64_t x = 0; x < row.width; ++x) row.at(0, 0, x) = static_cast<float>(row.channels * 100 + row.height * 10 + row.width);
    };
    CHECK(data::make_view(zeros({2, 6}), tensor({0, 1}, DType::i64), std::vector{record}, Rng{1}).to_vector() == std::vector<double>(12, 116.0));
    CHECK_THROWS_AS(data::make_view(zeros({2, 6}, DType::u8), tensor({0, 1}, DType::i64), std::vector{record}, Rng{1}), DTypeError);
}

// Steps of learning to bootstrap, told again in plain loops, and the numbers that its report shows.
#include <knoll/apps/procedures/l2b.h>

#include "apps/procedures/plain_network.h"

#include <knoll/apps/report/image.h>
#include <knoll/apps/training/hyperparameters.h>
#include <knoll/core/core.h>

using namespace knoll;
using namespace knoll::test;

namespace {

using ClassList = std::vector<std::size_t>;

// Both weights of every example: how far a step down its cost is one down the clean loss.
Rows weights_of(const PlainNetwork& net, const Row& clean_slope, const Rows& x, const ClassList& labels) {
    Rows weights(2, Row(x.size()));
    double total = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Row z = net.logits(x[i]);
        const ClassList both{labels[i], place_of_largest(z)};
        for (std::size_t r = 0; r < 2; ++r) {
            Row slope(net.values.size(), 0.0);
            net.add_gradient(x[i], cross_entropy_slope(z, both[r]), slope);
            total += weights[r][i] = std::max(dot(slope, clean_slope), 0.0);
        }
    }
    for (Row& row : weights)
        for (double& weight : row) weight = total > 0 ? weight / total : 0;
    return weights;
}

Row mean_slope(const PlainNetwork& net, const Rows& x, const ClassList& labels) {
    Row slope(net.values.size(), 0.0);
    for (std::size_t i = 0; i < x.size(); ++i)
        net.add_gradient(x[i], cross_entropy_slope(net.logits(x[i]), labels[i], 1 / static_cast<double>(x.size())), slope);
    return slope;
}

struct Learner {
    PlainNetwork net;
    PlainSgd sgd;
    double clip = 0;

    void descend(Row slope) {
        const double length = std::sqrt(dot(slope, slope));
        if (clip > 0 && length > clip)
            for (double& value : slope) value *= clip / length;
        sgd.step(net.values, slope, net.decays());
    }
    double plain_step(const Rows& x, const ClassList& labels) {
        double value = 0;
        for (std::size_t i = 0; i < x.size(); ++i) value += cross_entropy_of(net.logits(x[i]), labels[i]) / static_cast<double>(x.size());
        descend(mean_slope(net, x, labels));
        return value;
    }
    double weighted_step(const Rows& x, const ClassList& labels, const Rows& clean_x, const ClassList& clean_labels) {
        PlainNetwork ahead = net;
        PlainSgd momentum = sgd;
        momentum.step(ahead.values, Row(net.values.size(), 0.0), net.decays());
        const Rows weights = weights_of(net, mean_slope(ahead, clean_x, clean_labels), x, labels);
        double value = 0;
        Row slope(net.values.size(), 0.0);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const Row z = net.logits(x[i]);
            const ClassList both{labels[i], place_of_largest(z)};
            for (std::size_t r = 0; r < 2; ++r) {
                value += weights[r][i] * cross_entropy_of(z, both[r]);
                net.add_gradient(x[i], cross_entropy_slope(z, both[r], weights[r][i]), slope);
            }
        }
        descend(slope);
        return value;
    }
};

// All choices of so many of `count`.
std::vector<ClassList> choices_of(std::size_t count, std::size_t size) {
    std::vector<ClassList> all;
    for (std::size_t bits = 0; bits < (std::size_t{1} << count); ++bits) {
        ClassList one;
        for (std::size_t i = 0; i < count; ++i)
            if ((bits >> i & 1) != 0) one.push_back(i);
        if (one.size() == size) all.push_back(one);
    }
    return all;
}

struct Bootstrapping {
    PlainNetwork net{3, 6, 4};
    nn::Sequential model = net.module(9);
    Rows x = drawn_rows(12, 3, 21, 1.5);
    ClassList labels{0, 2, 1, 1, 2, 0, 2, 1, 0, 0, 2, 1};  // the last class has no example
    Rows clean_x = drawn_rows(5, 3, 22, 1.5);
    ClassList clean_labels{1, 0, 2, 2, 0};

    data::LabeledImages clean() const { return {as_tensor(clean_x), as_indices(clean_labels), 4}; }
    data::LabeledImages all() const { return {as_tensor(x), as_indices(labels), 4}; }
    std::unique_ptr<apps::Procedure> procedure(const std::string& optimizer, const apps::L2bOptions& options) const {
        return apps::make_l2b(clean(), apps::make_optimizer(model, {.learning_rate = 0.2, .optimizer = optimizer, .weight_decay = 0.1}), options,
                              {all(), all().labels()});
    }
    data::Batch batch(const ClassList& indices) const { return {as_tensor(chosen(x, indices)), as_indices(chosen(labels, indices)), as_indices(indices)}; }
};

}  // namespace

TEST_CASE("learning to bootstrap warms up for an epoch, then weighs labels and beliefs by what a clean batch wants after the step that momentum takes") {
    CHECK(apps::L2bOptions{}.warm_up == 1);
    CHECK(apps::L2bOptions{}.clip == 0);
    for (const std::string optimizer : {"sgd", "nesterov"})
        for (const double clip : {0.0, 0.05}) {
            INFO(optimizer << ", clip " << clip);
            Bootstrapping scene;
            Learner learner{scene.net, {0.2, 0.1, optimizer == "nesterov"}, clip};
            const auto procedure = scene.procedure(optimizer, {.clip = clip, .seed = 3});
            const std::vector<std::pair<int, ClassList>> steps{
                {0, {3, 8, 1, 0, 11, 6, 5}}, {1, {9, 2, 4, 7, 10, 0, 1}}, {1, {5, 2, 11}}, {2, {6, 3, 8, 9}}, {2, {2}}};
            for (const auto& [epoch, indices] : steps) {
                INFO("epoch " << epoch << ", " << indices.size() << " examples");
                const Rows x = chosen(scene.x, indices);
                const ClassList labels = chosen(scene.labels, indices);
                const double loss = procedure->step(scene.model, scene.batch(indices), epoch);
                const Row actual = flat(scene.model.state_dict());
                if (epoch == 0) {
                    CHECK(loss == Approx(learner.plain_step(x, labels)).epsilon(1e-5));
                    check_near(actual, learner.net.values);
                    continue;
                }
                // As many clean examples as the batch has, two at least: which ones, the parameters tell.
                std::vector<Learner> fitting;
                for (const ClassList& drawn : choices_of(5, std::clamp<std::size_t>(indices.size(), 2, 5))) {
                    Learner one = learner;
                    const double value = one.weighted_step(x, labels, chosen(scene.clean_x, drawn), chosen(scene.clean_labels, drawn));
                    if (is_near(actual, one.net.values) && loss == Approx(value).epsilon(1e-5)) fitting.push_back(one);
                }
                REQUIRE(!fitting.empty());
                if (indices.size() > 1) CHECK(fitting.size() == 1);  // of a single example, label and belief may be all that counts
                learner = fitting.front();
            }
            REQUIRE(procedure->optimizers().size() == 1);
            Row momentum;
            for (const auto& [name, tensor] : procedure->optimizers()[0]->state_dict())
                if (name.ends_with("momentum_buffer"))
                    for (const double value : tensor.to_vector()) momentum.push_back(value);
            // The optimiser has weights first, which decay, and biases behind them.
            Row expected;
            for (const bool weight : {true, false})
                for (std::size_t i = 0; i < momentum.size(); ++i)
                    if (learner.net.decays()[i] == weight) expected.push_back(learner.sgd.buffer[i]);
            check_near(momentum, expected);
        }
}

TEST_CASE("a batch of one is weighed by two clean examples") {
    int told_apart = 0;
    for (std::size_t one = 0; one < 12; ++one) {
        Bootstrapping scene;
        scene.clean_x.resize(2);
        scene.clean_labels.resize(2);
        Learner learner{scene.net, {0.2, 0.1}};
        const auto procedure = scene.procedure("sgd", {.warm_up = 0});
        procedure->step(scene.model, scene.batch({one}), 0);
        const auto fits = [&](const ClassList& drawn) {
            Learner other = learner;
            other.weighted_step({scene.x[one]}, {scene.labels[one]}, chosen(scene.clean_x, drawn), chosen(scene.clean_labels, drawn));
            return is_near(flat(scene.model.state_dict()), other.net.values);
        };
        CHECK(fits({0, 1}));
        told_apart += fits({0}) || fits({1}) ? 0 : 1;
    }
    CHECK(told_apart > 0);
}

TEST_CASE("which clean examples a step draws depends on the seed, the epoch and the batch, and on nothing else") {
    const auto after = [](std::uint64_t seed, int epoch, std::size_t first) {
        Bootstrapping scene;
        scene.clean_x = drawn_rows(40, 3, 31, 1.5);
        scene.clean_labels.resize(40);
        for (std::size_t i = 0; i < 40; ++i) scene.clean_labels[i] = i % 3;
        scene.x[1] = scene.x[0];
        scene.labels[1] = scene.labels[0];
        const auto procedure = scene.procedure("sgd", {.warm_up = 0, .seed = seed});
        procedure->step(scene.model, scene.batch({first, 4}), epoch);
        return flat(scene.model.state_dict());
    };
    const Row once = after(5, 1, 0);
    CHECK(after(5, 1, 0) == once);
    CHECK(after(6, 1, 0) != once);
    CHECK(after(5, 2, 0) != once);
    CHECK(after(5, 1, 1) != once);  // an example like the first, of another number
}

TEST_CASE("the report of learning to bootstrap counts wrong labels and those whose true class weighs more, with weights in equal shares") {
    for (const std::size_t count : {std::size_t{9}, std::size_t{300}}) {
        INFO(count << " examples");
        PlainNetwork net{4, 6, 3};
        nn::Sequential inner = net.module(13), model{nn::Flatten{}};
        model.append("net", inner);
        Rng rng{8};
        Tensor pixels = zeros({static_cast<std::int64_t>(count), 1, 2, 2}, DType::u8);
        Rows x(count);
        ClassList given(count), right(count);
        auto bytes = pixels.mutable_data<std::uint8_t>();
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t j = 0; j < 4; ++j) {
                bytes[4 * i + j] = static_cast<std::uint8_t>(rng.below(256));
                x[i].push_back(bytes[4 * i + j] / 255.0);
            }
            right[i] = place_of_largest({x[i][0], x[i][1], x[i][2]});
            given[i] = rng.bernoulli(0.5) ? right[i] : static_cast<std::size_t>(rng.below(3));
        }
        // A model that has learned something, so that some of its beliefs are right.
        PlainSgd teacher{0.5, 0};
        for (int step = 0; step < (count == 9 ? 60 : 12); ++step) teacher.step(net.values, mean_slope(net, x, right), net.decays());
        {
            const NoGrad no_grad;
            std::size_t at = 0;
            for (Tensor parameter : model.parameters()) {
                const auto size = static_cast<std::size_t>(parameter.numel());
                const Row part(net.values.begin() + static_cast<std::ptrdiff_t>(at), net.values.begin() + static_cast<std::ptrdiff_t>(at + size));
                parameter.copy_(tensor(part, parameter.shape()));
                at += size;
            }
        }
        model.eval();
        const std::vector<std::string> names = count == 9 ? std::vector<std::string>{"ant", "bee", "cow"} : std::vector<std::string>{};
        const data::LabeledImages noisy{pixels, as_indices(given), 3, names};
        const data::LabeledImages clean{slice(pixels, 0, 0, 5), as_indices({right.begin(), right.begin() + 5}), 3};
        const auto procedure = apps::make_l2b(clean, apps::make_optimizer(model, {.optimizer = "sgd"}), {}, {noisy, as_indices(right)});
        const std::vector<apps::Gallery> galleries = procedure->galleries(model);
        CHECK_FALSE(model.training());
        check_near(flat(model.state_dict()), net.values);

        const std::size_t judged = std::min<std::size_t>(count, 256);
        ClassList shown(judged);
        for (std::size_t i = 0; i < judged; ++i) shown[i] = i * count / judged;
        const Rows first_five(x.begin(), x.begin() + 5);
        const Rows weights = weights_of(net, mean_slope(net, first_five, {right.begin(), right.begin() + 5}), chosen(x, shown), chosen(given, shown));
        std::vector<apps::ExampleImage> images;
        std::size_t wrong = 0, favoured = 0;
        const auto name = [&](std::size_t label) { return names.empty() ? text("class ", label) : names[label]; };
        const auto tenths = [&](double weight) { return text(std::round(10 * weight * 2 * static_cast<double>(judged)) / 10); };
        for (std::size_t i = 0; i < judged; ++i) {
            if (given[shown[i]] == right[shown[i]]) continue;
            const std::size_t belief = place_of_largest(net.logits(x[shown[i]]));
            const bool is_right = belief == right[shown[i]] && weights[1][i] > weights[0][i];
            ++wrong;
            favoured += is_right ? 1 : 0;
            if (images.size() < 16)
                images.push_back({.data_uri = apps::png_data_uri(select(pixels, 0, static_cast<std::int64_t>(shown[i]))),
                                  .observed = {text(name(given[shown[i]]), " x ", tenths(weights[0][i]))},
                                  .missing = {name(right[shown[i]])},
                                  .recovered = {text(name(belief), " x ", tenths(weights[1][i]))},
                                  .mark = is_right ? apps::Mark::right : apps::Mark::wrong});
        }
        REQUIRE(favoured > 0);
        REQUIRE(favoured < wrong);
        REQUIRE(galleries.size() == 1);
        CHECK(galleries[0].title == "What l2b makes of wrong labels");
        CHECK_THAT(galleries[0].introduction,
                   Catch::Matchers::EndsWith(text(" That is so for ", favoured, " of the ", wrong, " wrong labels among ", judged, " examples.")));
        REQUIRE(galleries[0].rows.size() == 1);
        CHECK(galleries[0].rows[0].caption == "Wrong labels");
        REQUIRE(galleries[0].rows[0].images.size() == images.size());
        for (std::size_t i = 0; i < images.size(); ++i) {
            INFO("image " << i);
            CHECK(galleries[0].rows[0].images[i].observed == images[i].observed);
            CHECK(galleries[0].rows[0].images[i].missing == images[i].missing);
            CHECK(galleries[0].rows[0].images[i].recovered == images[i].recovered);
            CHECK(galleries[0].rows[0].images[i].mark == images[i].mark);
            CHECK(galleries[0].rows[0].images[i].data_uri == images[i].data_uri);
        }
    }
}

TEST_CASE("features make no pictures, and learning to bootstrap needs two clean examples") {
    Bootstrapping scene;
    CHECK(scene.procedure("sgd", {})->galleries(scene.model).empty());
    scene.clean_x.resize(1);
    scene.clean_labels.resize(1);
    CHECK_THROWS_WITH(scene.procedure("sgd", {}), "[l2b] expected at least 2 clean examples, got 1");
    scene.clean_x = drawn_rows(2, 3, 22);
    scene.clean_labels = {0, 1};
    CHECK_NOTHROW(scene.procedure("sgd", {}));
}

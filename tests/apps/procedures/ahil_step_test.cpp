// Steps of L2P-AHIL, told again in plain loops.
#include <knoll/apps/procedures/ahil.h>

#include "apps/procedures/plain_network.h"

#include <knoll/apps/training/hyperparameters.h>
#include <knoll/core/core.h>
#include <knoll/data/loader/view.h>

using namespace knoll;
using namespace knoll::test;

namespace {

constexpr std::size_t bag = 3, bag_classes = 4;

// The proportion loss of whole bags, and its derivative by the logits.
double proportion_of(const Rows& z, const std::vector<std::size_t>& labels, Rows& slopes) {
    const std::size_t bags = z.size() / bag;
    double value = 0;
    slopes = z;
    for (std::size_t b = 0; b < bags; ++b) {
        Row shares(bag_classes, 0.0), means(bag_classes, 0.0);
        for (std::size_t i = b * bag; i < (b + 1) * bag; ++i) {
            shares[labels[i]] += 1.0 / bag;
            for (std::size_t c = 0; c < bag_classes; ++c) means[c] += softmax_of(z[i])[c] / bag;
        }
        for (std::size_t c = 0; c < bag_classes; ++c) value -= shares[c] * std::log(means[c]) / static_cast<double>(bags);
        for (std::size_t i = b * bag; i < (b + 1) * bag; ++i) {
            const Row p = softmax_of(z[i]);
            Row by_p(bag_classes);
            for (std::size_t c = 0; c < bag_classes; ++c) by_p[c] = -shares[c] / means[c] / bag / static_cast<double>(bags);
            for (std::size_t c = 0; c < bag_classes; ++c) slopes[i][c] = p[c] * (by_p[c] - dot(p, by_p));
        }
    }
    return value;
}

double entropy_of(const Row& shares) {
    double entropy = 0;
    for (const double share : shares) entropy -= share * std::log(share);
    return entropy;
}

// How far an example's pseudo-label is trusted.
double trust_of(const Rows& z, const std::vector<std::size_t>& labels, std::size_t example, double bag_width, double instance_width) {
    const Row p = softmax_of(z[example]);
    const std::size_t pseudo = place_of_largest(p), first = example / bag * bag;
    double count = 0, total = 0;
    Row column;
    for (std::size_t i = first; i < first + bag; ++i) {
        count += labels[i] == pseudo ? 1 : 0;
        column.push_back(softmax_of(z[i])[pseudo]);
        total += column.back();
    }
    if (count == 0) return 0;
    for (double& share : column) share /= total;
    const double h = entropy_of(p), gap = entropy_of(column) - std::log(count);
    return std::exp(-h * h / instance_width) * std::exp(-gap * gap / bag_width);
}

const data::Transform dimmed = [](const data::ImageView& image, Rng& rng) {
    for (std::int64_t i = 0; i < 3; ++i) image.pixels[i] *= static_cast<float>(0.6 + 0.4 * rng.uniform());
};
const data::Transform shifted = [](const data::ImageView& image, Rng& rng) {
    for (std::int64_t i = 0; i < 3; ++i) image.pixels[i] += static_cast<float>(rng.uniform());
};

Rows rows_of(const Tensor& tensor) {
    Rows rows;
    for (std::int64_t i = 0; i < tensor.size(0); ++i) rows.push_back(select(tensor, 0, i).to_vector());
    return rows;
}

}  // namespace

TEST_CASE("learning from proportions steps down the loss of bags of the weak view, and after the warm-up half the trusted pseudo-labels' of the strong one") {
    PlainNetwork net{3, 5, bag_classes};
    nn::Sequential model = net.module(6);
    const Rows x = drawn_rows(9, 3, 12, 2.0);
    const std::vector<std::size_t> labels{0, 2, 0, 1, 1, 2, 0, 1, 2};  // the last class has no example
    apps::AhilOptions options{.bag = bag, .classes = bag_classes, .warm_up = 2, .widths = {.bag_width = 0.4, .instance_width = 2}, .seed = 77};
    CHECK(options.instance_weight == 0.5);
    options.weak = {dimmed};
    options.strong = {shifted};
    const auto procedure = apps::make_ahil(apps::make_optimizer(model, {.learning_rate = 0.3, .optimizer = "nesterov", .weight_decay = 0.05}), options);
    PlainSgd sgd{0.3, 0.05, true};
    int trusted = 0;
    const std::vector<std::pair<int, std::vector<std::size_t>>> steps{
        {1, {7, 0, 2, 4, 5, 3}}, {2, {8, 1, 6}}, {2, {7, 0, 2, 4, 5, 3}}, {3, {8, 1, 6, 7, 0, 2}}};
    for (const auto& [epoch, indices] : steps) {
        INFO("epoch " << epoch << ", " << indices.size() << " examples");
        const std::vector<std::size_t> given = chosen(labels, indices);
        const data::Batch batch{as_tensor(chosen(x, indices)), as_indices(given), as_indices(indices)};
        const auto view = [&, e = epoch](const data::Transform& transform, std::uint64_t stream) {
            return rows_of(data::make_view(batch.images, batch.indices, std::vector<data::Transform>{transform},
                                           Rng{77}.fork(stream).fork(static_cast<std::uint64_t>(e))));
        };
        const Rows weak = view(dimmed, 0), strong = view(shifted, 1);
        Rows logits, slopes;
        for (const Row& row : weak) logits.push_back(net.logits(row));
        double value = proportion_of(logits, given, slopes);
        Row gradient(net.values.size(), 0.0);
        for (std::size_t i = 0; i < weak.size(); ++i) net.add_gradient(weak[i], slopes[i], gradient);
        for (std::size_t i = 0; epoch >= 2 && i < strong.size(); ++i) {
            const double share = 0.5 * trust_of(logits, given, i, 0.4, 2) / static_cast<double>(indices.size());
            trusted += share > 0.01 ? 1 : 0;
            const Row z = net.logits(strong[i]);
            value += share * cross_entropy_of(z, place_of_largest(logits[i]));
            net.add_gradient(strong[i], cross_entropy_slope(z, place_of_largest(logits[i]), share), gradient);
        }
        sgd.step(net.values, gradient, net.decays());
        CHECK(procedure->step(model, batch, epoch) == Approx(value).epsilon(1e-5));
        check_near(flat(model.state_dict()), net.values);
    }
    CHECK(trusted > 2);
    CHECK(procedure->optimizers().size() == 1);
}

TEST_CASE("the proportion loss alone has one view, at every epoch") {
    PlainNetwork net{3, 5, bag_classes};
    nn::Sequential model = net.module(6);
    const Rows x = drawn_rows(3, 3, 12, 2.0);
    const auto procedure = apps::make_ahil(apps::make_optimizer(model, {.learning_rate = 0.3, .optimizer = "sgd"}),
                                           {.bag = bag, .classes = bag_classes, .instance_weight = 0, .strong = {shifted}});
    PlainSgd sgd{0.3, 0};
    for (const int epoch : {0, 5}) {
        Rows logits, slopes;
        for (const Row& row : x) logits.push_back(net.logits(row));
        const double value = proportion_of(logits, {3, 3, 1}, slopes);
        Row gradient(net.values.size(), 0.0);
        for (std::size_t i = 0; i < 3; ++i) net.add_gradient(x[i], slopes[i], gradient);
        sgd.step(net.values, gradient, net.decays());
        CHECK(procedure->step(model, {as_tensor(x), as_indices({3, 3, 1}), as_indices({0, 1, 2})}, epoch) == Approx(value).epsilon(1e-5));
        check_near(flat(model.state_dict()), net.values);
    }
}

TEST_CASE("both views go through batch norm as one batch") {
    nn::Sequential model{nn::Flatten{}, nn::BatchNorm1d{3}, nn::Linear{3, static_cast<std::int64_t>(bag_classes)}};
    Rng rng{1};
    model.initialize(rng);
    const auto procedure = apps::make_ahil(apps::make_optimizer(model, {.learning_rate = 0.1, .optimizer = "sgd"}),
                                           {.bag = bag, .classes = bag_classes, .strong = {shifted}, .seed = 5});
    const data::Batch batch{as_tensor(drawn_rows(3, 3, 4)), as_indices({0, 1, 1}), as_indices({2, 0, 1})};
    const Rows strong = rows_of(data::make_view(batch.images, batch.indices, std::vector<data::Transform>{shifted}, Rng{5}.fork(1).fork(0)));
    Row means(3, 0.0);
    for (const Rows& view : {rows_of(batch.images), strong})
        for (const Row& row : view)
            for (std::size_t i = 0; i < 3; ++i) means[i] += row[i] / 6;
    procedure->step(model, batch, 0);
    for (double& mean : means) mean *= 0.1;
    check_near(model.get<nn::BatchNorm1d>(1).running_mean.to_vector(), means);
}

TEST_CASE("what L2P-AHIL takes where nothing is said") {
    const apps::AhilOptions options;
    CHECK(options.bag == 64);
    CHECK(options.classes == 10);
    CHECK(options.instance_weight == 0.5);
    CHECK(options.warm_up == 0);
    CHECK(options.widths.bag_width == 5.0);
    CHECK(options.widths.instance_width == 5.0);
}

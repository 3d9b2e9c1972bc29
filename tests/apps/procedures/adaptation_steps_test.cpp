// Adapters against a re-telling in plain loops: a convolution, batch norm by the batch's statistics, and two linear layers.
#include <knoll/apps/procedures/adaptation.h>
#include "apps/procedures/naive_slope.h"
#include "support/close.h"

#include <knoll/core/core.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>

using namespace knoll;
using test::NaiveAdam;
using test::Numbers;

namespace {

constexpr std::size_t height = 4, width = 5, out_height = 2, out_width = 3;  // a kernel of 3 without padding
constexpr std::size_t channels = 2, pixels = out_height * out_width, mapped = channels * pixels, hidden = 5, classes = 4;

nn::Sequential small_source(double sharpness) {
    nn::Sequential net{nn::Conv2d{1, 2, {.bias = false}}, nn::BatchNorm2d{2}, nn::ReLU{}, nn::Flatten{}, nn::Linear{12, 5}, nn::ReLU{}, nn::Linear{5, 4}};
    Rng rng{11};
    net.initialize(rng);
    auto& norm = net.get<nn::BatchNorm2d>(1);
    norm.weight.copy_(tensor({1.3, 0.8}));
    norm.bias.copy_(tensor({0.2, -0.1}));
    net.get<nn::Linear>(4).bias.copy_(0.3 * randn({5}, rng));
    auto& last = net.get<nn::Linear>(6);
    last.weight.copy_(sharpness * randn({4, 5}, rng));
    last.bias.copy_(tensor({0.3, -0.2, 0.1, -4.0}));  // hardly anything is of the last class
    return net;
}

Tensor images_of(std::int64_t count, std::uint64_t seed) {
    Rng rng{seed};
    return 1.5 * randn({count, 1, height, width}, rng) + 0.4;
}

// The network in doubles. What adapts is one vector: scales, shifts, then the rows of the last layer.
class NaiveNet {
public:
    explicit NaiveNet(const nn::Sequential& source) {
        nn::Sequential net = nn::clone(source);
        kernel_ = net.get<nn::Conv2d>(0).weight.to_vector();
        first_ = net.get<nn::Linear>(4).weight.to_vector();
        first_bias_ = net.get<nn::Linear>(4).bias.to_vector();
        last_bias_ = net.get<nn::Linear>(6).bias.to_vector();
        weights = net.get<nn::BatchNorm2d>(1).weight.to_vector();
        for (const Tensor& more : {net.get<nn::BatchNorm2d>(1).bias, net.get<nn::Linear>(6).weight})
            for (const double value : more.to_vector()) weights.push_back(value);
    }

    static double prototype(const Numbers& w, std::size_t c, std::size_t h) { return w[2 * channels + c * hidden + h]; }

    // One map after the ReLU for each image.
    std::vector<Numbers> maps(const Numbers& w, const Numbers& images) const {
        const std::size_t count = images.size() / (height * width);
        std::vector<Numbers> result(count, Numbers(mapped));
        for (std::size_t n = 0; n < count; ++n)
            for (std::size_t c = 0; c < channels; ++c)
                for (std::size_t y = 0; y < out_height; ++y)
                    for (std::size_t x = 0; x < out_width; ++x)
                        for (std::size_t i = 0; i < 3; ++i)
                            for (std::size_t j = 0; j < 3; ++j)
                                result[n][c * pixels + y * out_width + x] += kernel_[c * 9 + i * 3 + j] * images[(n * height + y + i) * width + x + j];
        for (std::size_t c = 0; c < channels; ++c) {
            const auto total = static_cast<double>(count * pixels);
            double mean = 0, variance = 0;
            for (const Numbers& map : result)
                for (std::size_t p = 0; p < pixels; ++p) mean += map[c * pixels + p] / total;
            for (const Numbers& map : result)
                for (std::size_t p = 0; p < pixels; ++p) variance += std::pow(map[c * pixels + p] - mean, 2) / total;
            for (Numbers& map : result)
                for (std::size_t p = 0; p < pixels; ++p) {
                    double& value = map[c * pixels + p];
                    value = std::max(0.0, w[c] * (value - mean) / std::sqrt(variance + 1e-5) + w[channels + c]);
                }
        }
        return result;
    }

    Numbers features(const Numbers& map) const {
        Numbers result = first_bias_;
        for (std::size_t h = 0; h < hidden; ++h) {
            for (std::size_t i = 0; i < mapped; ++i) result[h] += first_[h * mapped + i] * map[i];
            result[h] = std::max(0.0, result[h]);
        }
        return result;
    }

    Numbers logits(const Numbers& w, const Numbers& features) const {
        Numbers result = last_bias_;
        for (std::size_t c = 0; c < classes; ++c)
            for (std::size_t h = 0; h < hidden; ++h) result[c] += prototype(w, c, h) * features[h];
        return result;
    }

    Numbers weights;

private:
    Numbers kernel_, first_, first_bias_, last_bias_;
};

Numbers probabilities_of(const Numbers& logits) {
    Numbers p(logits.size());
    double total = 0;
    for (std::size_t c = 0; c < p.size(); ++c) total += p[c] = std::exp(logits[c]);
    for (double& value : p) value /= total;
    return p;
}

double naive_entropy(const NaiveNet& net, const Numbers& w, const Numbers& images) {
    const std::vector<Numbers> maps = net.maps(w, images);
    double sum = 0;
    for (const Numbers& map : maps)
        for (const double p : probabilities_of(net.logits(w, net.features(map)))) sum -= p * std::log(p);
    return sum / static_cast<double>(maps.size());
}

double naive_cosine(const Numbers& w, std::size_t c, const Numbers& features) {
    double product = 0, square_f = 0, square_w = 0;
    for (std::size_t h = 0; h < hidden; ++h) {
        product += features[h] * NaiveNet::prototype(w, c, h);
        square_f += features[h] * features[h];
        square_w += NaiveNet::prototype(w, c, h) * NaiveNet::prototype(w, c, h);
    }
    return product / std::sqrt((square_f + 1e-12) * (square_w + 1e-12));
}

struct Labelled {
    std::vector<std::size_t> labels;
    std::vector<bool> sure;
};

// Column by column: the members against all.
double naive_prototype_loss(const Numbers& w, const std::vector<Numbers>& features, const Labelled& examples, double temperature) {
    double sum = 0, columns = 0;
    for (std::size_t c = 0; c < classes; ++c) {
        double members = 0, all = 0;
        for (std::size_t n = 0; n < features.size(); ++n) {
            const double weight = std::exp(naive_cosine(w, c, features[n]) / temperature);
            all += weight;
            if (examples.labels[n] == c && examples.sure[n]) members += weight;
        }
        if (members == 0) continue;
        sum -= std::log(members / all);
        columns += 1;
    }
    return columns == 0 ? 0 : sum / columns;
}

class NaiveDpl {
public:
    NaiveDpl(const nn::Sequential& source, const apps::AdaptationOptions& options)
        : net_(source), options_(options), adam_(net_.weights.size(), options.learning_rate) {}

    // How often each of the three losses had something to say.
    int batches_with_members = 0, batches_with_memory = 0, batches_with_style = 0;

    Numbers predict(const Numbers& images) {
        const std::vector<Numbers> maps = net_.maps(net_.weights, images);
        Numbers answers;
        std::vector<Numbers> features;
        Labelled examples;
        for (const Numbers& map : maps) {
            features.push_back(net_.features(map));
            const Numbers logits = net_.logits(net_.weights, features.back());
            answers.insert(answers.end(), logits.begin(), logits.end());
            const auto best = std::max_element(logits.begin(), logits.end());
            examples.labels.push_back(static_cast<std::size_t>(best - logits.begin()));
            examples.sure.push_back(probabilities_of(logits)[examples.labels.back()] >= options_.confidence);
        }
        remember(features, examples);
        batches_with_members += std::count(examples.sure.begin(), examples.sure.end(), true) > 0 ? 1 : 0;
        batches_with_memory += memory_.empty() ? 0 : 1;
        const auto loss = [&, transfers = transfers_of(maps, examples)](const Numbers& w) { return loss_of(w, images, examples, transfers); };
        adam_.step(net_.weights, test::naive_slope(loss, net_.weights));
        return answers;
    }

private:
    // What one image's map becomes: (x - from) * scale + to in each channel.
    struct Transfer {
        std::size_t image;
        Numbers from, scale, to;
    };

    void remember(const std::vector<Numbers>& features, const Labelled& examples) {
        for (std::size_t c = 0; c < classes; ++c) {
            Numbers centre(hidden);
            double count = 0;
            for (std::size_t n = 0; n < features.size(); ++n)
                if (examples.sure[n] && examples.labels[n] == c) {
                    for (std::size_t h = 0; h < hidden; ++h) centre[h] += features[n][h];
                    count += 1;
                }
            if (count == 0) continue;
            const bool known = memory_.count(c) > 0;
            for (std::size_t h = 0; h < hidden; ++h)
                centre[h] = known ? options_.memory_momentum * memory_[c][h] + (1 - options_.memory_momentum) * centre[h] / count : centre[h] / count;
            memory_[c] = centre;
        }
    }

    // The sure images in turn with the unsure ones, from the first again where these run out.
    std::vector<Transfer> transfers_of(const std::vector<Numbers>& maps, const Labelled& examples) {
        std::vector<std::size_t> unsure;
        for (std::size_t n = 0; n < maps.size(); ++n)
            if (!examples.sure[n]) unsure.push_back(n);
        std::vector<Transfer> transfers;
        for (std::size_t n = 0; n < maps.size(); ++n) {
            if (!examples.sure[n] || unsure.empty()) continue;
            const Numbers& style = maps[unsure[transfers.size() % unsure.size()]];
            Transfer transfer{n, {}, {}, {}};
            for (std::size_t c = 0; c < channels; ++c) {
                const auto [mean, spread] = statistics(maps[n], c);
                const auto [style_mean, style_spread] = statistics(style, c);
                transfer.from.push_back(mean);
                transfer.scale.push_back(style_spread / spread);
                transfer.to.push_back(style_mean);
            }
            transfers.push_back(transfer);
        }
        if (transfers.size() < 2) transfers.clear();
        batches_with_style += transfers.empty() ? 0 : 1;
        return transfers;
    }

    static std::pair<double, double> statistics(const Numbers& map, std::size_t c) {
        double mean = 0, variance = 0;
        for (std::size_t p = 0; p < pixels; ++p) mean += map[c * pixels + p] / pixels;
        for (std::size_t p = 0; p < pixels; ++p) variance += std::pow(map[c * pixels + p] - mean, 2) / pixels;
        return {mean, std::sqrt(variance + 1e-5)};
    }

    double loss_of(const Numbers& w, const Numbers& images, const Labelled& examples, const std::vector<Transfer>& transfers) const {
        const std::vector<Numbers> maps = net_.maps(w, images);
        std::vector<Numbers> features, remembered, moved;
        Labelled of_memory, of_moved;
        for (const Numbers& map : maps) features.push_back(net_.features(map));
        for (const auto& [c, feature] : memory_) {
            remembered.push_back(feature);
            of_memory.labels.push_back(c);
        }
        for (const Transfer& transfer : transfers) {
            Numbers map = maps[transfer.image];
            for (std::size_t i = 0; i < mapped; ++i) map[i] = (map[i] - transfer.from[i / pixels]) * transfer.scale[i / pixels] + transfer.to[i / pixels];
            moved.push_back(net_.features(map));
            of_moved.labels.push_back(examples.labels[transfer.image]);
        }
        of_memory.sure.assign(remembered.size(), true);
        of_moved.sure.assign(moved.size(), true);
        return naive_prototype_loss(w, features, examples, options_.temperature) +
               options_.memory_weight * naive_prototype_loss(w, remembered, of_memory, options_.temperature) +
               options_.style_weight * naive_prototype_loss(w, moved, of_moved, options_.temperature);
    }

    NaiveNet net_;
    apps::AdaptationOptions options_;
    std::map<std::size_t, Numbers> memory_;
    NaiveAdam adam_;
};

}  // namespace

TEST_CASE("the rates, weights and thresholds that adapters begin with are those of their page") {
    const apps::AdaptationOptions options;
    CHECK(options.learning_rate == 1e-3);
    CHECK(options.confidence == 0.9);
    CHECK(options.temperature == 0.1);
    CHECK(options.memory_momentum == 0.9);
    CHECK(options.memory_weight == 1.0);
    CHECK(options.style_weight == 1.0);
    CHECK(apps::adapter_names() == std::vector<std::string>{"none", "bn_stats", "tent", "dpl"});
}

TEST_CASE("what does not learn answers by the statistics of training, or of each batch, however many came before") {
    nn::Sequential source = small_source(1.0);
    auto& norm = source.get<nn::BatchNorm2d>(1);
    norm.running_mean.copy_(tensor({0.3, -0.6}));
    norm.running_var.copy_(tensor({2.0, 0.5}));
    const NaiveNet net{source};
    const auto none = apps::make_adapter("none", source), statistics = apps::make_adapter("bn_stats", source);
    nn::Sequential judged = nn::clone(source);
    judged.eval();
    std::uint64_t seed = 1;
    for (const std::int64_t count : {7, 2, 5}) {
        const Tensor images = images_of(count, seed++);
        check_close(none->predict(images), judged(images).detach(), 1e-6, 1e-6);
        Numbers expected;
        for (const Numbers& map : net.maps(net.weights, images.to_vector()))
            for (const double logit : net.logits(net.weights, net.features(map))) expected.push_back(logit);
        check_close(statistics->predict(images), tensor(expected, {count, 4}, DType::f32), 1e-5, 1e-5);
    }
}

TEST_CASE("tent takes Adam's steps on the scales and shifts alone, as plain loops do, batch after batch") {
    const nn::Sequential source = small_source(1.0);
    for (const double rate : {0.05, apps::AdaptationOptions{}.learning_rate}) {
        INFO("rate " << rate);
        const auto adapter = apps::make_adapter("tent", source, {.learning_rate = rate});
        NaiveNet net{source};
        NaiveAdam adam{2 * channels, rate};
        std::uint64_t seed = 1;
        for (const std::int64_t count : {7, 5, 2, 9, 3}) {
            const Tensor images = images_of(count, seed++);
            const Numbers pixels_of_images = images.to_vector();
            Numbers expected;
            for (const Numbers& map : net.maps(net.weights, pixels_of_images))
                for (const double logit : net.logits(net.weights, net.features(map))) expected.push_back(logit);
            check_close(adapter->predict(images), tensor(expected, {count, 4}, DType::f32), 2e-4, 2e-4);
            Numbers slope = test::naive_slope([&](const Numbers& w) { return naive_entropy(net, w, pixels_of_images); }, net.weights);
            slope.resize(2 * channels);
            Numbers adapted{net.weights.begin(), net.weights.begin() + 2 * channels};
            adam.step(adapted, slope);
            std::copy(adapted.begin(), adapted.end(), net.weights.begin());
        }
    }
}

TEST_CASE("dpl takes the steps of plain loops: prototypes, memory and style, each with its own weight") {
    const nn::Sequential source = small_source(1.2);
    const std::vector<apps::AdaptationOptions> all{
        {.learning_rate = 0.02},
        {.learning_rate = 0.02, .confidence = 0.7, .temperature = 0.4, .memory_momentum = 0.3, .memory_weight = 2.5, .style_weight = 0.6},
        {.learning_rate = 0.02, .confidence = 0.8, .temperature = 0.2, .memory_weight = 0.2, .style_weight = 3.0},
        {.learning_rate = 0.02, .confidence = 0.97}};  // hardly ever sure
    int members = 0, memory = 0, style = 0, batches = 0;
    for (const apps::AdaptationOptions& options : all) {
        INFO("confidence " << options.confidence);
        const auto adapter = apps::make_adapter("dpl", source, options);
        NaiveDpl naive{source, options};
        std::uint64_t seed = 3;
        for (const std::int64_t count : {11, 7, 2, 9, 3, 13, 5}) {
            const Tensor images = images_of(count, seed++);
            INFO("batch " << seed - 3 << " of " << count);
            check_close(adapter->predict(images), tensor(naive.predict(images.to_vector()), {count, 4}, DType::f32), 1e-3, 1e-3);
            ++batches;
        }
        members += naive.batches_with_members;
        memory += naive.batches_with_memory;
        style += naive.batches_with_style;
    }
    // Every branch was taken, and every other one left out.
    CHECK((members > 0 && members < batches));
    CHECK((memory > members && memory < batches));
    CHECK((style > 0 && style < members));
}

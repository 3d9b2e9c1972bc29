// Adaptation in plain doubles: a convolution, batch norm by the batch's statistics, and two linear layers, of which scales, shifts and the
// rows of the last layer adapt.
#pragma once

#include "apps/procedures/naive_slope.h"

#include <knoll/apps/procedures/adaptation.h>
#include <knoll/nn/nn.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace knoll::test::adapting {

inline constexpr std::size_t height = 4, width = 5, out_height = 2, out_width = 3;  // a kernel of 3 without padding
inline constexpr std::size_t channels = 2, pixels = out_height * out_width, mapped = channels * pixels, hidden = 5, classes = 4;

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

inline Numbers probabilities_of(const Numbers& logits) {
    Numbers p(logits.size());
    double total = 0;
    for (std::size_t c = 0; c < p.size(); ++c) total += p[c] = std::exp(logits[c]);
    for (double& value : p) value /= total;
    return p;
}

inline double naive_entropy(const NaiveNet& net, const Numbers& w, const Numbers& images) {
    const std::vector<Numbers> maps = net.maps(w, images);
    double sum = 0;
    for (const Numbers& map : maps)
        for (const double p : probabilities_of(net.logits(w, net.features(map)))) sum -= p * std::log(p);
    return sum / static_cast<double>(maps.size());
}

inline double naive_cosine(const Numbers& w, std::size_t c, const Numbers& features) {
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
inline double naive_prototype_loss(const Numbers& w, const std::vector<Numbers>& features, const Labelled& examples, double temperature) {
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
        adam_.step(net_.weights, naive_slope(loss, net_.weights));
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

}  // namespace knoll::test::adapting

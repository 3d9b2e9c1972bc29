// A network and optimisers in plain loops over double, with gradients written by hand: what the steps of procedures are held against.
#pragma once

#include <knoll/core/core.h>
#include <knoll/data/loader/batch.h>
#include <knoll/nn/nn.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace knoll::test {

using Row = std::vector<double>;
using Rows = std::vector<Row>;

/// Whatever a state holds, one tensor after the other.
inline Row flat(const nn::StateDict& state) {
    Row values;
    for (const auto& entry : state)
        for (const double value : entry.second.to_vector()) values.push_back(value);
    return values;
}

/// Agreement up to the rounding of f32.
inline bool is_near(const Row& actual, const Row& expected) {
    if (actual.size() != expected.size()) return false;
    for (std::size_t i = 0; i < actual.size(); ++i)
        if (!(std::abs(actual[i] - expected[i]) <= 2e-6 + 2e-5 * std::abs(expected[i]))) return false;
    return true;
}

inline void check_near(const Row& actual, const Row& expected) {
    CAPTURE(actual, expected);
    CHECK(is_near(actual, expected));
}

/// Values spread about 0.
inline Row drawn(std::size_t count, std::uint64_t seed, double scale = 1) {
    Rng rng{seed};
    Row values(count);
    for (double& value : values) value = static_cast<double>(static_cast<float>(scale * rng.normal()));
    return values;
}

inline Rows drawn_rows(std::size_t rows, std::size_t columns, std::uint64_t seed, double scale = 1) {
    Rows all(rows);
    for (std::size_t i = 0; i < rows; ++i) all[i] = drawn(columns, 1000 * seed + i, scale);
    return all;
}

inline Tensor as_tensor(const Rows& rows, DType dtype = DType::f32) {
    Row values;
    for (const Row& row : rows) values.insert(values.end(), row.begin(), row.end());
    return tensor(values, {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows.front().size())}, dtype);
}

inline Tensor as_indices(const std::vector<std::size_t>& indices) {
    return tensor(Row(indices.begin(), indices.end()), {static_cast<std::int64_t>(indices.size())}, DType::i64);
}

template <class Value>
std::vector<Value> chosen(const std::vector<Value>& all, const std::vector<std::size_t>& indices) {
    std::vector<Value> some;
    for (const std::size_t i : indices) some.push_back(all[i]);
    return some;
}

inline double sigmoid_of(double z) { return 1 / (1 + std::exp(-z)); }

inline Row softmax_of(const Row& z) {
    double total = 0;
    Row p = z;
    for (double& value : p) total += value = std::exp(value);
    for (double& value : p) value /= total;
    return p;
}

inline std::size_t place_of_largest(const Row& z) { return static_cast<std::size_t>(std::max_element(z.begin(), z.end()) - z.begin()); }

inline double cross_entropy_of(const Row& z, std::size_t label) { return -std::log(softmax_of(z)[label]); }

/// The derivative of cross-entropy by the logits.
inline Row cross_entropy_slope(const Row& z, std::size_t label, double factor = 1) {
    Row slope = softmax_of(z);
    slope[label] -= 1;
    for (double& value : slope) value *= factor;
    return slope;
}

inline double dot(const Row& a, const Row& b) {
    double total = 0;
    for (std::size_t i = 0; i < a.size(); ++i) total += a[i] * b[i];
    return total;
}

/// Linear, ReLU, Linear. The parameters stand in the order of the module's: [hidden, inputs], [hidden], [outputs, hidden], [outputs].
struct PlainNetwork {
    std::size_t inputs, hidden, outputs;
    Row values = {};

    nn::Sequential module(std::uint64_t seed) {
        nn::Sequential net{nn::Linear{static_cast<std::int64_t>(inputs), static_cast<std::int64_t>(hidden)}, nn::ReLU{},
                           nn::Linear{static_cast<std::int64_t>(hidden), static_cast<std::int64_t>(outputs)}};
        Rng rng{seed};
        net.initialize(rng);
        for (Tensor parameter : net.parameters())
            if (parameter.rank() == 1) {
                const NoGrad no_grad;
                parameter.copy_(0.3 * randn(parameter.shape(), rng));
            }
        values = flat(net.state_dict());
        return net;
    }

    std::size_t second_weight() const { return hidden * inputs + hidden; }
    std::size_t second_bias() const { return second_weight() + outputs * hidden; }

    /// Weights, but no biases, decay.
    std::vector<bool> decays() const {
        std::vector<bool> all(values.size(), true);
        for (std::size_t j = 0; j < hidden; ++j) all[hidden * inputs + j] = false;
        for (std::size_t k = 0; k < outputs; ++k) all[second_bias() + k] = false;
        return all;
    }

    Row activations(const Row& x) const {
        Row a(hidden);
        for (std::size_t j = 0; j < hidden; ++j) {
            a[j] = values[hidden * inputs + j];
            for (std::size_t i = 0; i < inputs; ++i) a[j] += values[j * inputs + i] * x[i];
            a[j] = std::max(a[j], 0.0);
        }
        return a;
    }

    Row logits(const Row& x) const {
        const Row a = activations(x);
        Row z(outputs);
        for (std::size_t k = 0; k < outputs; ++k) {
            z[k] = values[second_bias() + k];
            for (std::size_t j = 0; j < hidden; ++j) z[k] += values[second_weight() + k * hidden + j] * a[j];
        }
        return z;
    }

    /// Adds to the gradient by the parameters what an example has of it, from that by its logits.
    void add_gradient(const Row& x, const Row& by_logits, Row& gradient) const {
        const Row a = activations(x);
        for (std::size_t k = 0; k < outputs; ++k) {
            gradient[second_bias() + k] += by_logits[k];
            for (std::size_t j = 0; j < hidden; ++j) gradient[second_weight() + k * hidden + j] += by_logits[k] * a[j];
        }
        for (std::size_t j = 0; j < hidden; ++j) {
            if (a[j] <= 0) continue;
            double by_unit = 0;
            for (std::size_t k = 0; k < outputs; ++k) by_unit += by_logits[k] * values[second_weight() + k * hidden + j];
            gradient[hidden * inputs + j] += by_unit;
            for (std::size_t i = 0; i < inputs; ++i) gradient[j * inputs + i] += by_unit * x[i];
        }
    }
};

/// As the command makes it: momentum 0.9, and no decay of biases.
struct PlainSgd {
    double rate, decay;
    bool nesterov = false;
    Row buffer = {};

    void step(Row& values, const Row& gradient, const std::vector<bool>& decays) {
        buffer.resize(values.size(), 0.0);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double g = gradient[i] + (decays[i] ? decay * values[i] : 0.0);
            buffer[i] = 0.9 * buffer[i] + g;
            values[i] -= rate * (nesterov ? g + 0.9 * buffer[i] : buffer[i]);
        }
    }
};

struct PlainAdam {
    double rate;
    Row mean = {}, square = {};
    int steps = 0;

    void step(Row& values, const Row& gradient) {
        mean.resize(values.size(), 0.0);
        square.resize(values.size(), 0.0);
        ++steps;
        for (std::size_t i = 0; i < values.size(); ++i) {
            mean[i] = 0.9 * mean[i] + 0.1 * gradient[i];
            square[i] = 0.999 * square[i] + 0.001 * gradient[i] * gradient[i];
            values[i] -= rate * (mean[i] / (1 - std::pow(0.9, steps))) / (std::sqrt(square[i] / (1 - std::pow(0.999, steps))) + 1e-8);
        }
    }
};

}  // namespace knoll::test

#include "records/image.h"
#include "records/references.h"

#include <knoll/core/ops/ops.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace knoll::records {

namespace {

constexpr double epsilon = 1e-5;

Naive added(const Naive& a, const Naive& b) {
    return generate(a.shape, [&](const Index& i) { return a[i] + b[i]; });
}

Naive normalized_by_running(const std::vector<Naive>& in) {
    const Shape channels{in[0].shape[1]};
    return scaled_by_channel(normalized_by(in[0], naive(apps::normal_input(channels, 4)), naive(apps::positive_input(channels, 5))), in[1], in[2]);
}

Inputs with_parameters(const Shape& x, const Shape& parameters) {
    return {apps::normal_input(x, 1), apps::positive_input(parameters, 2), apps::normal_input(parameters, 3)};
}

Inputs with_shortcut(const Shape& x) {
    Inputs inputs = with_parameters(x, {x[1]});
    inputs.push_back(apps::normal_input(x, 6));
    return inputs;
}

void expect_batch_norm(Expectations& book) {
    const std::vector<Inputs> batches{with_parameters({3, 1}, {1}), with_parameters({1, 5, 3}, {5}), with_parameters({17, 7}, {7}),
                                      with_parameters({2, 3, 5, 7}, {3}), with_parameters({2, 37, 1, 3}, {37})};
    const std::vector<Inputs> any{with_parameters({0, 3}, {3}), with_parameters({1, 1}, {1}), with_parameters({2, 7, 37}, {7}),
                                  with_parameters({2, 0, 3}, {0})};
    book.value("batch_norm", "training", [](const std::vector<Naive>& in) { return scaled_by_channel(normalized_by_batch(in[0]), in[1], in[2]); })
        .also(batches);
    book.value("batch_norm", "training, [N, C]", [](const std::vector<Naive>& in) { return normalized_by_batch(in[0]); })
        .also({{apps::normal_input({3, 1})}, {apps::normal_input({17, 37})}, {apps::normal_input({3, 5, 1, 7})}});
    book.value("batch_norm", "evaluation", normalized_by_running).also(any);
    book.value("batch_norm_relu", "training",
               [](const std::vector<Naive>& in) { return rectified(scaled_by_channel(normalized_by_batch(in[0]), in[1], in[2])); })
        .also(batches);
    book.value("batch_norm_relu", "training, with a shortcut",
               [](const std::vector<Naive>& in) { return rectified(added(scaled_by_channel(normalized_by_batch(in[0]), in[1], in[2]), in[3])); })
        .also({with_shortcut({3, 1}), with_shortcut({2, 7, 5, 3}), with_shortcut({17, 5})});
    book.value("batch_norm_relu", "evaluation", [](const std::vector<Naive>& in) { return rectified(normalized_by_running(in)); }).also(any).may_vanish = true;
    book.value("batch_norm_relu", "evaluation, with a shortcut",
               [](const std::vector<Naive>& in) { return rectified(added(normalized_by_running(in), in[3])); })
        .also({with_shortcut({0, 3}), with_shortcut({1, 5}), with_shortcut({2, 7, 37})});
}

void expect_others(Expectations& book) {
    book.value("layer_norm", "", [](const std::vector<Naive>& in) { return scaled(normalized_by_layer(in[0], in[1].rank()), in[1], in[2]); })
        .also({with_parameters({3}, {3}), with_parameters({0, 3}, {3}), with_parameters({1, 37}, {37}), with_parameters({5, 7, 17}, {7, 17})});
    book.value("layer_norm", "two dimensions", [](const std::vector<Naive>& in) { return normalized_by_layer(in[0], 2); })
        .also({{apps::normal_input({3, 2})}, {apps::normal_input({5, 7, 3, 2})}, {apps::normal_input({0, 3, 2})}});
    book.value("group_norm", "", [](const std::vector<Naive>& in) { return scaled_by_channel(normalized_by_group(in[0], 2), in[1], in[2]); })
        .also({with_parameters({0, 4, 3}, {4}), with_parameters({1, 6}, {6}), with_parameters({2, 10, 37}, {10}), with_parameters({3, 2, 5, 7}, {2})});
    // One element in a group is its own mean: x has no influence.
    book.value_of(
        "group_norm", "as many groups as channels", {apps::normal_input({2, 3})}, [](const auto& in) { return group_norm(in[0], 3); },
        [](const std::vector<Naive>& in) { return normalized_by_group(in[0], 3); });
}

using Normalize = std::function<void(const Tensor& x, const Tensor& weight, const Tensor& bias)>;

// What all refuse of x and of parameters [3].
void refuse_parameters(Expectations& book, const std::string& op, const Shape& shape, const Normalize& normalize) {
    const Tensor x = zeros(shape);
    book.refuse(
        op, [=] { normalize(zeros(shape, DType::i64), {}, {}); }, "[" + op + "] expected f32 or f64, got i64; convert with .to(DType::f32)");
    book.refuse(
        op, [=] { normalize(x, zeros({2}), {}); }, "[" + op + "] expected a weight of shape [3], got [2]");
    book.refuse(
        op,
        [=] {
            normalize(x, {}, zeros({3, 1}));
        },
        "[" + op + "] expected a bias of shape [3], got [3, 1]");
    book.refuse(
        op, [=] { normalize(x, zeros({3}, DType::f64), {}); }, "[" + op + "] expected a weight of x's type f32, got f64; convert with .to()");
}

using BatchNorm = std::function<void(const Tensor& x, const Tensor& mean, const Tensor& variance, const BatchNormOptions& options)>;

void refuse_batch_norm(Expectations& book, const std::string& op, const BatchNorm& normalize) {
    const Tensor x = zeros({4, 3});
    const auto refuse = [&](const Tensor& input, const Tensor& mean, const Tensor& variance, bool training, const std::string& words) {
        book.refuse(
            op, [=] { normalize(input, mean, variance, {.training = training}); }, "[" + op + "] expected " + words);
    };
    refuse(zeros({3}), {}, {}, true, "x of shape [N, C] or [N, C, ...], got [3]");
    refuse(x, zeros({4}), {}, true, "a running mean of shape [3], got [4]");
    refuse(x, {}, zeros({3}, DType::f64), true, "a running variance of x's type f32, got f64");
    refuse(x, {}, {}, false, "running statistics where training is off, got none; train first, or set training");
    refuse(x, zeros({3}), {}, false, "running statistics where training is off, got none; train first, or set training");
    refuse(zeros({1, 3}), {}, {}, true, "more than one value per channel where training is on, got x [1, 3]; use a larger batch");
    refuse(zeros({0, 3, 2}), {}, {}, true, "more than one value per channel where training is on, got x [0, 3, 2]; use a larger batch");
}

void refuse_all(Expectations& book) {
    const auto plain = [](const auto& x, const auto& mean, const auto& variance, const auto& options) { batch_norm(x, {}, {}, mean, variance, options); };
    const auto with_relu = [](const auto& x, const auto& mean, const auto& variance, const auto& options) {
        batch_norm_relu(x, {}, {}, mean, variance, options);
    };
    refuse_batch_norm(book, "batch_norm", plain);
    refuse_batch_norm(book, "batch_norm_relu", with_relu);
    refuse_parameters(book, "batch_norm", {4, 3}, [](const auto& x, const auto& weight, const auto& bias) { batch_norm(x, weight, bias, {}, {}); });
    refuse_parameters(book, "batch_norm_relu", {4, 3}, [](const auto& x, const auto& weight, const auto& bias) { batch_norm_relu(x, weight, bias, {}, {}); });
    book.refuse(
        "batch_norm_relu",
        [] {
            batch_norm_relu(zeros({4, 3}), {}, {}, {}, {}, {}, zeros({4, 1}));
        },
        "[batch_norm_relu] expected a shortcut of shape [4, 3], got [4, 1]");

    refuse_parameters(book, "layer_norm", {2, 3}, [](const auto& x, const auto& weight, const auto& bias) { layer_norm(x, {3}, weight, bias); });
    book.refuse(
        "layer_norm",
        [] {
            layer_norm(zeros({4, 3}), {4});
        },
        "[layer_norm] expected x whose last dimensions are [4], got [4, 3]");
    book.refuse(
        "layer_norm",
        [] {
            layer_norm(zeros({3}), {4, 3});
        },
        "[layer_norm] expected x whose last dimensions are [4, 3], got [3]");
    book.refuse(
        "layer_norm", [] { layer_norm(zeros({3}), Shape{}); }, "[layer_norm] expected at least one dimension to normalise, got a shape []");

    refuse_parameters(book, "group_norm", {2, 3}, [](const auto& x, const auto& weight, const auto& bias) { group_norm(x, 1, weight, bias); });
    book.refuse(
        "group_norm", [] { group_norm(zeros({3}), 1); }, "[group_norm] expected x of shape [N, C] or [N, C, ...], got [3]");
    book.refuse(
        "group_norm",
        [] {
            group_norm(zeros({2, 3}), 0);
        },
        "[group_norm] expected at least 1 group, got 0");
    book.refuse(
        "group_norm",
        [] {
            group_norm(zeros({2, 3}), 2);
        },
        "[group_norm] expected channels that 2 groups divide, got 3 in x [2, 3]");
}

}  // namespace

Naive normalized(const Naive& x, const std::function<std::int64_t(const Index&)>& key) {
    std::map<std::int64_t, std::vector<double>> groups;
    for_each_index(x.shape, [&](const Index& i) { groups[key(i)].push_back(x[i]); });
    std::map<std::int64_t, std::pair<double, double>> moments;
    for (const auto& [name, members] : groups) {
        double mean = 0.0, variance = 0.0;
        for (const double value : members) mean += value / static_cast<double>(members.size());
        for (const double value : members) variance += (value - mean) * (value - mean) / static_cast<double>(members.size());
        moments[name] = {mean, variance};
    }
    return generate(x.shape, [&](const Index& i) {
        const auto& [mean, variance] = moments.at(key(i));
        return (x[i] - mean) / std::sqrt(variance + epsilon);
    });
}

Naive normalized_by_batch(const Naive& x) {
    return normalized(x, [](const Index& i) { return i[1]; });
}

Naive normalized_by(const Naive& x, const Naive& mean, const Naive& variance) {
    return generate(x.shape, [&](const Index& i) { return (x[i] - mean[{i[1]}]) / std::sqrt(variance[{i[1]}] + epsilon); });
}

Naive normalized_by_layer(const Naive& x, std::int64_t dims) {
    const std::int64_t size = count(Index(x.shape.end() - dims, x.shape.end()));
    return normalized(x, [&](const Index& i) { return static_cast<std::int64_t>(position(x.shape, i)) / size; });
}

Naive normalized_by_group(const Naive& x, std::int64_t groups) {
    const std::int64_t channels_per_group = x.shape[1] / groups;
    return normalized(x, [&](const Index& i) { return i[0] * groups + i[1] / channels_per_group; });
}

Naive scaled_by_channel(const Naive& x, const Naive& weight, const Naive& bias) {
    return generate(x.shape, [&](const Index& i) { return x[i] * weight[{i[1]}] + bias[{i[1]}]; });
}

Naive scaled(const Naive& x, const Naive& weight, const Naive& bias) {
    return generate(x.shape, [&](const Index& i) { return x[i] * weight[i] + bias[i]; });
}

void expect_normalizations(Expectations& book) {
    expect_batch_norm(book);
    expect_others(book);
    refuse_all(book);
}

}  // namespace knoll::records

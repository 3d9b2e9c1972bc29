// Normalisation of more than one tile and one chunk against its textbook formulas in plain loops: values, running statistics, all
// gradients of first order, and along random directions those of second.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <knoll/core/ops/normalization.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

// [outer, channels, inner], as the kernels see it.
struct ChunkedView {
    explicit ChunkedView(const Shape& shape) : outer(shape[0]), channels(shape[1]), inner(shape.numel() / (shape[0] * shape[1])) {}
    ChunkedView(std::int64_t rows, std::int64_t width) : outer(1), channels(rows), inner(width) {}

    std::int64_t count() const { return outer * inner; }
    std::size_t channel(std::size_t i) const { return i / static_cast<std::size_t>(inner) % static_cast<std::size_t>(channels); }

    std::int64_t outer, channels, inner;
};

constexpr double plain_epsilon = 1e-3;

struct NormalizationInputs {
    Doubles x, weight, bias, upstream;
};

struct NormalizationResults {
    Doubles mean, variance, normalized, y, dx, dweight, dbias;
};

// Of each channel; the variance is the mean squared distance.
void find_channel_statistics(const ChunkedView& view, const Doubles& x, Doubles& mean, Doubles& variance) {
    const auto count = static_cast<double>(view.count());
    mean.assign(static_cast<std::size_t>(view.channels), 0.0);
    variance = mean;
    for (std::size_t i = 0; i < x.size(); ++i) mean[view.channel(i)] += x[i] / count;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double distance = x[i] - mean[view.channel(i)];
        variance[view.channel(i)] += distance * distance / count;
    }
}

// y = weight (x - mean) / sqrt(variance + plain_epsilon) + bias and its gradients, where the statistics follow x; with those given they do not.
NormalizationResults plain_normalization(const ChunkedView& view, const NormalizationInputs& in, const Doubles& upstream, const Doubles& given_mean = {},
                                         const Doubles& given_variance = {}) {
    NormalizationResults out;
    find_channel_statistics(view, in.x, out.mean, out.variance);
    const bool follow = given_mean.empty();
    const Doubles& mean = follow ? out.mean : given_mean;
    const Doubles& variance = follow ? out.variance : given_variance;
    const auto count = static_cast<double>(view.count());
    out.dweight.assign(static_cast<std::size_t>(view.channels), 0.0);
    out.dbias = out.dweight;
    for (std::size_t i = 0; i < in.x.size(); ++i) {
        const std::size_t c = view.channel(i);
        out.normalized.push_back((in.x[i] - mean[c]) / std::sqrt(variance[c] + plain_epsilon));
        out.y.push_back(out.normalized[i] * in.weight[c] + in.bias[c]);
        out.dweight[c] += upstream[i] * out.normalized[i];
        out.dbias[c] += upstream[i];
    }
    for (std::size_t i = 0; i < in.x.size(); ++i) {
        const std::size_t c = view.channel(i);
        const double centered = follow ? upstream[i] - out.dbias[c] / count - out.normalized[i] * out.dweight[c] / count : upstream[i];
        out.dx.push_back(in.weight[c] / std::sqrt(variance[c] + plain_epsilon) * centered);
    }
    return out;
}

// Channels of different means and deviations.
NormalizationInputs draw_normalization(const ChunkedView& view, std::uint64_t seed) {
    const std::int64_t count = view.count() * view.channels;
    NormalizationInputs in{drawn_numbers(count, seed), drawn_numbers(view.channels, seed + 1), drawn_numbers(view.channels, seed + 2),
                           drawn_numbers(count, seed + 3)};
    for (std::size_t i = 0; i < in.x.size(); ++i) in.x[i] = static_cast<float>(in.x[i] * (1.0 + static_cast<double>(view.channel(i) % 5)) + in.x[i % 7]);
    return in;
}

// Rows that do and do not fill tiles of 128 channels and chunks of 16384 elements; images of one chunk exactly, of one more and one less
// and of several; planes of more than a chunk, and around the stretch of a plane's sum.
const std::vector<Shape>& normalization_shapes() {
    static const std::vector<Shape> all{{127, 300},      {128, 300},       {129, 300},      {200, 256},      {300, 130},      {16385, 1},
                                        {2, 20000},      {64, 1, 28, 28},  {37, 2, 23, 19}, {38, 2, 23, 19}, {74, 1, 23, 19}, {75, 2, 19, 23},
                                        {15, 200, 3, 9}, {2, 3, 131, 127}, {3, 2, 15, 17},  {3, 2, 16, 16},  {3, 2, 257, 1},  {2, 3, 1, 513},
                                        {2, 2, 4, 100},  {5, 3, 7, 2, 9},  {16384, 1},      {33, 1, 500}};
    return all;
}

struct NormalizationTensors {
    NormalizationTensors(const Shape& shape, const Shape& parameters, const NormalizationInputs& in, DType dtype)
        : x(tensor(in.x, shape, dtype).set_requires_grad()),
          weight(tensor(in.weight, parameters, dtype).set_requires_grad()),
          bias(tensor(in.bias, parameters, dtype).set_requires_grad()),
          upstream(tensor(in.upstream, shape, dtype)) {}

    Tensor x, weight, bias, upstream;
};

// Both forms of the gradient: the fused one, and the one that can be differentiated again.
void check_normalization_gradients(const Tensor& y, const NormalizationTensors& at, const NormalizationResults& expected, double rounding) {
    for (const bool create_graph : {true, false}) {
        CAPTURE(create_graph);
        const auto gradients = grad({y}, {at.x, at.weight, at.bias}, {.grad_outputs = {at.upstream}, .create_graph = create_graph});
        check_near("gradient of x", gradients[0], expected.dx, rounding);
        check_near("gradient of the weight", gradients[1], expected.dweight, rounding);
        check_near("gradient of the bias", gradients[2], expected.dbias, rounding);
    }
}

}  // namespace

TEST_CASE("batch normalisation of several tiles and chunks is that of plain loops, in value, running statistics and all gradients", "[chunks]") {
    for (const Shape& shape : normalization_shapes())
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(shape, to_string(dtype));
            const ChunkedView view(shape);
            const NormalizationInputs in = draw_normalization(view, 1);
            const NormalizationTensors at(shape, {view.channels}, in, dtype);
            const Doubles start_mean = drawn_numbers(view.channels, 9), start_variance(start_mean.size(), 0.5);
            const Tensor mean = tensor(start_mean, {view.channels}, dtype), variance = tensor(start_variance, {view.channels}, dtype);
            const NormalizationResults expected = plain_normalization(view, in, in.upstream);
            const Tensor y = batch_norm(at.x, at.weight, at.bias, mean, variance, {.momentum = 0.25, .epsilon = plain_epsilon});
            check_near("values", y, expected.y, rounding_of(dtype));
            Doubles moved_mean, moved_variance;
            const auto count = static_cast<double>(view.count());
            for (std::size_t c = 0; c < start_mean.size(); ++c) {
                moved_mean.push_back(0.75 * start_mean[c] + 0.25 * expected.mean[c]);
                moved_variance.push_back(0.75 * start_variance[c] + 0.25 * expected.variance[c] * count / (count - 1));
            }
            check_near("running mean", mean, moved_mean, 0.1 * rounding_of(dtype));
            check_near("running variance", variance, moved_variance, 0.1 * rounding_of(dtype));
            check_normalization_gradients(y, at, expected, rounding_of(dtype));
        }
}

TEST_CASE("batch normalisation with a ReLU and a shortcut is that of plain loops over several tiles and chunks", "[chunks]") {
    for (const Shape& shape : normalization_shapes())
        for (const DType dtype : {DType::f32, DType::f64})
            for (const bool has_shortcut : {true, false}) {
                const ChunkedView view(shape);
                CAPTURE(shape, to_string(dtype), has_shortcut);
                const NormalizationInputs in = draw_normalization(view, 2);
                const NormalizationTensors at(shape, {view.channels}, in, dtype);
                const Doubles added = drawn_numbers(shape.numel(), 5);
                const Tensor shortcut = has_shortcut ? tensor(added, shape, dtype).set_requires_grad() : Tensor{};
                Doubles y = plain_normalization(view, in, in.upstream).y, passed = in.upstream;
                for (std::size_t i = 0; i < y.size(); ++i) {
                    y[i] += has_shortcut ? added[i] : 0.0;
                    if (std::abs(y[i]) < 1e-4) y[i] = 0;  // whatever side rounding puts it on
                    passed[i] = y[i] > 0 ? passed[i] : 0.0;
                    y[i] = std::max(y[i], 0.0);
                }
                const Tensor actual = batch_norm_relu(at.x, at.weight, at.bias, {}, {}, {.epsilon = plain_epsilon}, shortcut);
                check_near("values", actual, y, 1e-4);
                // Gradients of what the kernel itself let through.
                const Doubles through = actual.to_vector();
                for (std::size_t i = 0; i < y.size(); ++i)
                    if (y[i] == 0) passed[i] = through[i] > 0 && through[i] < 2e-4 ? in.upstream[i] : 0.0;
                const NormalizationResults expected = plain_normalization(view, in, passed);
                if (has_shortcut) {
                    const GradOptions options{.grad_outputs = {at.upstream}, .retain_graph = true};
                    check_near("gradient of the shortcut", grad(actual, shortcut, options), passed, 0);
                }
                check_normalization_gradients(actual, at, expected, rounding_of(dtype));
            }
}

TEST_CASE("batch normalisation by running statistics is that of plain loops over several chunks, with all gradients", "[chunks]") {
    for (const Shape& shape : {Shape{129, 300}, Shape{2, 20000}, Shape{38, 2, 23, 19}, Shape{15, 200, 3, 9}, Shape{2, 3, 131, 127}})
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(shape, to_string(dtype));
            const ChunkedView view(shape);
            const NormalizationInputs in = draw_normalization(view, 3);
            const NormalizationTensors at(shape, {view.channels}, in, dtype);
            const Doubles mean = drawn_numbers(view.channels, 6);
            Doubles variance = drawn_numbers(view.channels, 7);
            for (double& value : variance) value = 1.5 + value;
            const Tensor y = batch_norm(at.x, at.weight, at.bias, tensor(mean, {view.channels}, dtype), tensor(variance, {view.channels}, dtype),
                                        {.training = false, .epsilon = plain_epsilon});
            const NormalizationResults expected = plain_normalization(view, in, in.upstream, mean, variance);
            check_near("values", y, expected.y, rounding_of(dtype));
            check_normalization_gradients(y, at, expected, rounding_of(dtype));
        }
}

TEST_CASE("layer normalisation of many and of long rows is that of plain loops, with all gradients", "[chunks]") {
    for (const Shape& shape : {Shape{300, 130}, Shape{126, 130}, Shape{127, 130}, Shape{40, 700}, Shape{3, 20000}, Shape{7, 16384}, Shape{9001, 2}})
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(shape, to_string(dtype));
            const std::int64_t rows = shape[0], width = shape[1];
            NormalizationInputs in = draw_normalization(ChunkedView(rows, width), 4);
            const Doubles weight = drawn_numbers(width, 5), bias = drawn_numbers(width, 6);
            in.weight.assign(static_cast<std::size_t>(rows), 1.0);
            in.bias.assign(static_cast<std::size_t>(rows), 0.0);
            Doubles scaled = in.upstream;
            for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] *= weight[i % weight.size()];
            NormalizationResults expected = plain_normalization(ChunkedView(rows, width), in, scaled);
            expected.dweight.assign(weight.size(), 0.0);
            expected.dbias = expected.dweight;
            for (std::size_t i = 0; i < scaled.size(); ++i) {
                const std::size_t column = i % weight.size();
                expected.y[i] = expected.normalized[i] * weight[column] + bias[column];
                expected.dweight[column] += in.upstream[i] * expected.normalized[i];
                expected.dbias[column] += in.upstream[i];
            }
            in.weight = weight;
            in.bias = bias;
            const NormalizationTensors at(shape, {width}, in, dtype);
            const Tensor y = layer_norm(at.x, {width}, at.weight, at.bias, plain_epsilon);
            check_near("values", y, expected.y, rounding_of(dtype));
            check_normalization_gradients(y, at, expected, rounding_of(dtype));
        }
}

TEST_CASE("group normalisation of many groups and of large ones is that of plain loops, with all gradients", "[chunks]") {
    struct Case {
        Shape shape;
        std::int64_t groups;
    };
    for (const auto& [shape, groups] : {Case{{37, 12, 5, 7}, 3}, Case{{150, 6, 3, 2}, 6}, Case{{2, 6, 61, 97}, 2}, Case{{3, 4, 257}, 4}, Case{{9, 8, 11}, 1}})
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(shape, groups, to_string(dtype));
            const ChunkedView channels(shape), view(shape[0] * groups, shape.numel() / (shape[0] * groups));
            NormalizationInputs in = draw_normalization(channels, 5);
            NormalizationInputs plain = in;
            plain.weight.assign(static_cast<std::size_t>(view.channels), 1.0);
            plain.bias.assign(static_cast<std::size_t>(view.channels), 0.0);
            Doubles scaled = in.upstream;
            for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] *= in.weight[channels.channel(i)];
            NormalizationResults expected = plain_normalization(view, plain, scaled);
            expected.dweight.assign(in.weight.size(), 0.0);
            expected.dbias = expected.dweight;
            for (std::size_t i = 0; i < scaled.size(); ++i) {
                const std::size_t c = channels.channel(i);
                expected.y[i] = expected.normalized[i] * in.weight[c] + in.bias[c];
                expected.dweight[c] += in.upstream[i] * expected.normalized[i];
                expected.dbias[c] += in.upstream[i];
            }
            const NormalizationTensors at(shape, {shape[1]}, in, dtype);
            const Tensor y = group_norm(at.x, groups, at.weight, at.bias, plain_epsilon);
            check_near("values", y, expected.y, rounding_of(dtype));
            check_normalization_gradients(y, at, expected, rounding_of(dtype));
        }
}

TEST_CASE("the second derivatives of batch normalisation of several chunks are those of plain loops along random directions", "[chunks]") {
    for (const Shape& shape : {Shape{38, 2, 23, 19}, Shape{129, 130}}) {
        CAPTURE(shape);
        const ChunkedView view(shape);
        const NormalizationInputs in = draw_normalization(view, 6);
        const NormalizationTensors at(shape, {view.channels}, in, DType::f64);
        const Tensor upstream = at.upstream.clone().set_requires_grad();
        const Doubles by_x = drawn_numbers(shape.numel(), 11), by_weight = drawn_numbers(view.channels, 12);
        const auto gradients = grad({batch_norm(at.x, at.weight, at.bias, {}, {}, {.epsilon = plain_epsilon})}, {at.x, at.weight},
                                    {.grad_outputs = {upstream}, .create_graph = true});
        const Tensor projected = sum(gradients[0] * tensor(by_x, shape, DType::f64)) + sum(gradients[1] * tensor(by_weight, {view.channels}, DType::f64));
        const auto second = grad({projected}, {at.x, at.weight, upstream});
        const auto plain = [&](const NormalizationInputs& inputs) {
            const NormalizationResults found = plain_normalization(view, inputs, inputs.upstream);
            return inner_product(found.dx, by_x) + inner_product(found.dweight, by_weight);
        };
        Doubles NormalizationInputs::*const members[] = {&NormalizationInputs::x, &NormalizationInputs::weight, &NormalizationInputs::upstream};
        for (std::size_t k = 0; k < 3; ++k) {
            CAPTURE(k);
            const Doubles direction = drawn_numbers(static_cast<std::int64_t>((in.*members[k]).size()), 20 + k);
            constexpr double step = 1e-4;
            NormalizationInputs before = in, after = in;
            before.*members[k] = moved(in.*members[k], -step, direction);
            after.*members[k] = moved(in.*members[k], step, direction);
            CHECK(inner_product(second[k].to_vector(), direction) == Approx((plain(after) - plain(before)) / (2 * step)).epsilon(1e-6));
        }
    }
}

#include <knoll/apps/bench/programs/reference_loops.h>

#include <algorithm>
#include <cmath>

namespace knoll::reference {

namespace {

// Calls visit(out, x, weight), three flat indices, for every product of the convolution.
template <class Visit>
void for_each_product(const ConvolutionShape& s, const Visit& visit) {
    for (std::int64_t image = 0; image < s.images; ++image)
        for (std::int64_t filter = 0; filter < s.filters; ++filter)
            for (std::int64_t y = 0; y < s.side; ++y)
                for (std::int64_t x = 0; x < s.side; ++x)
                    for (std::int64_t channel = 0; channel < s.channels; ++channel)
                        for (std::int64_t i = std::max<std::int64_t>(0, 1 - y); i < std::min<std::int64_t>(3, s.side + 1 - y); ++i)
                            for (std::int64_t j = std::max<std::int64_t>(0, 1 - x); j < std::min<std::int64_t>(3, s.side + 1 - x); ++j)
                                visit(((image * s.filters + filter) * s.side + y) * s.side + x,
                                      ((image * s.channels + channel) * s.side + y + i - 1) * s.side + x + j - 1,
                                      ((filter * s.channels + channel) * 3 + i) * 3 + j);
}

}  // namespace

void convolve(const ConvolutionShape& shape, const float* x, const float* weight, const float* bias, float* out) {
    const std::int64_t plane = shape.side * shape.side;
    for (std::int64_t i = 0; i < shape.images * shape.filters * plane; ++i) out[i] = bias[i / plane % shape.filters];
    for_each_product(shape, [=](std::int64_t to, std::int64_t from, std::int64_t tap) { out[to] += x[from] * weight[tap]; });
}

void convolve_gradients(const ConvolutionShape& shape, const float* x, const float* weight, const float* upstream, float* x_gradient, float* weight_gradient,
                        float* bias_gradient) {
    const std::int64_t plane = shape.side * shape.side;
    for_each_product(shape, [=](std::int64_t to, std::int64_t from, std::int64_t tap) { x_gradient[from] += upstream[to] * weight[tap]; });
    for_each_product(shape, [=](std::int64_t to, std::int64_t from, std::int64_t tap) { weight_gradient[tap] += upstream[to] * x[from]; });
    for (std::int64_t i = 0; i < shape.images * shape.filters * plane; ++i) bias_gradient[i / plane % shape.filters] += upstream[i];
}

void multiply(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b, float* c) {
    for (std::int64_t row = 0; row < m; ++row)
        for (std::int64_t column = 0; column < n; ++column) {
            float sum = 0;
            for (std::int64_t i = 0; i < k; ++i) sum += a[row * k + i] * b[i * n + column];
            c[row * n + column] = sum;
        }
}

float binary_cross_entropy(std::int64_t count, const float* logits, const float* targets, float* gradient) {
    double sum = 0;
    const float scale = 1.0F / static_cast<float>(count);
    for (std::int64_t i = 0; i < count; ++i) {
        const float x = logits[i];
        sum += std::max(x, 0.0F) - x * targets[i] + std::log1p(std::exp(-std::abs(x)));
        gradient[i] = scale * (1 / (1 + std::exp(-x)) - targets[i]);
    }
    return static_cast<float>(sum / static_cast<double>(count));
}

float cross_entropy(std::int64_t rows, std::int64_t classes, const float* logits, const std::int64_t* labels, float* gradient) {
    double loss = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
        const float* const z = logits + row * classes;
        float* const g = gradient + row * classes;
        const float largest = *std::max_element(z, z + classes);
        float total = 0;
        for (std::int64_t k = 0; k < classes; ++k) total += g[k] = std::exp(z[k] - largest);
        for (std::int64_t k = 0; k < classes; ++k) g[k] /= total * static_cast<float>(rows);
        g[labels[row]] -= 1.0F / static_cast<float>(rows);
        loss += largest + std::log(total) - z[labels[row]];
    }
    return static_cast<float>(loss / static_cast<double>(rows));
}

void batch_norm(const BatchNormShape& shape, const float* x, const float* weight, const float* bias, const float* upstream, float* y, float* x_gradient,
                float* weight_gradient, float* bias_gradient) {
    const auto count = static_cast<double>(shape.images * shape.pixels);
    for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
        const auto for_each = [&](const auto& visit) {
            for (std::int64_t image = 0; image < shape.images; ++image)
                for (std::int64_t pixel = 0; pixel < shape.pixels; ++pixel) visit((image * shape.channels + channel) * shape.pixels + pixel);
        };
        double sum = 0, squares = 0, gradients = 0, products = 0;
        for_each([&](std::int64_t i) { sum += x[i]; });
        const double mean = sum / count;
        for_each([&](std::int64_t i) { squares += (x[i] - mean) * (x[i] - mean); });
        const double inverse = 1 / std::sqrt(squares / count + 1e-5), scale = inverse * weight[channel];
        for_each([&](std::int64_t i) { y[i] = static_cast<float>((x[i] - mean) * scale + bias[channel]); });
        for_each([&](std::int64_t i) {
            gradients += upstream[i];
            products += upstream[i] * (x[i] - mean) * inverse;
        });
        for_each([&](std::int64_t i) {
            x_gradient[i] = static_cast<float>(scale * (upstream[i] - gradients / count - (x[i] - mean) * inverse * products / count));
        });
        weight_gradient[channel] = static_cast<float>(products);
        bias_gradient[channel] = static_cast<float>(gradients);
    }
}

void max_pool(std::int64_t planes, std::int64_t side, const float* x, const float* upstream, float* y, float* x_gradient) {
    for (std::int64_t plane = 0; plane < planes; ++plane)
        for (std::int64_t row = 0; row < side / 2; ++row)
            for (std::int64_t column = 0; column < side / 2; ++column, ++y, ++upstream) {
                std::int64_t best = (plane * side + 2 * row) * side + 2 * column;
                const std::int64_t corner = best;
                for (const std::int64_t other : {corner + 1, corner + side, corner + side + 1})
                    if (x[other] > x[best]) best = other;
                *y = x[best];
                x_gradient[best] += *upstream;
            }
}

}  // namespace knoll::reference

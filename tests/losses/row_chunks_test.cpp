// Losses of rows over several blocks against plain loops: values, means, and gradients.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <knoll/losses/losses.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

struct PlainRows {
    Doubles cross_entropy, complement_entropy;                // of each row
    Doubles cross_entropy_slopes, complement_entropy_slopes;  // of each row by its logits
};

PlainRows plain_rows(const Doubles& logits, const Doubles& own, std::int64_t classes) {
    PlainRows out;
    for (std::size_t n = 0; n < own.size(); ++n) {
        const double* const z = logits.data() + static_cast<std::int64_t>(n) * classes;
        const auto g = static_cast<std::int64_t>(own[n]);
        double all = 0, others = 0, entropy = 0;
        for (std::int64_t k = 0; k < classes; ++k) {
            all += std::exp(z[k]);
            if (k != g) others += std::exp(z[k]);
        }
        for (std::int64_t k = 0; k < classes; ++k)
            if (k != g) entropy -= std::exp(z[k]) / others * (z[k] - std::log(others));
        out.cross_entropy.push_back(std::log(all) - z[g]);
        out.complement_entropy.push_back(entropy);
        for (std::int64_t k = 0; k < classes; ++k) {
            const double rival = k == g ? 0 : std::exp(z[k]) / others;
            out.cross_entropy_slopes.push_back(std::exp(z[k]) / all - (k == g ? 1.0 : 0.0));
            out.complement_entropy_slopes.push_back(-rival * (z[k] - std::log(others) + entropy));
        }
    }
    return out;
}

void check_row_loss(const char* spec, const Tensor& logits, const Tensor& classes, const Doubles& values, const Doubles& slopes, double rounding) {
    const auto rows = static_cast<double>(values.size());
    const Tensor x = logits.clone().set_requires_grad();
    for (const Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum}) {
        CAPTURE(spec, to_string(reduction));
        const Tensor value = (*losses::make(spec, reduction))(x, classes);
        Doubles expected = values, gradient = slopes;
        const double scale = reduction == Reduction::mean ? 1 / rows : 1.0;
        if (reduction != Reduction::none) expected = {scale * inner_product(values, Doubles(values.size(), 1.0))};
        check_near("value", value, expected, rounding);
        const Tensor upstream = reduction == Reduction::none ? drawn(value.shape(), x.dtype(), 3) : scalar(1, x.dtype());
        const Doubles g = upstream.to_vector();
        const std::size_t width = slopes.size() / values.size();
        for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] *= reduction == Reduction::none ? g[i / width] : scale;
        for (const bool create_graph : {true, false})
            check_near("gradient", grad(value, x, {.grad_outputs = {upstream}, .create_graph = create_graph}), gradient, rounding);
    }
}

}  // namespace

TEST_CASE("losses of rows over several blocks are those of plain loops, with their gradients", "[chunks]") {
    // A block has 8192 logits or 128 rows.
    struct Rows {
        std::int64_t count, classes;
    };
    for (const auto& [count, classes] :
         {Rows{300, 17}, Rows{128, 3}, Rows{129, 3}, Rows{127, 3}, Rows{257, 64}, Rows{128, 65}, Rows{23, 1000}, Rows{3, 8193}, Rows{1000, 4}})
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(count, classes, to_string(dtype));
            const Tensor logits = drawn({count, classes}, dtype, 1) * 4.0, own = drawn_indices({count}, classes, 2);
            const PlainRows plain = plain_rows(logits.to_vector(), own.to_vector(), classes);
            const double rounding = dtype == DType::f32 ? 1e-5 : 1e-11;
            check_row_loss("cross_entropy", logits, own, plain.cross_entropy, plain.cross_entropy_slopes, rounding);
            check_row_loss("complement_entropy", logits, own, plain.complement_entropy, plain.complement_entropy_slopes, rounding);
        }
}

TEST_CASE("class weights and smoothing of many rows are those of plain loops, with the gradient", "[chunks]") {
    const std::int64_t count = 301, classes = 37;
    for (const DType dtype : {DType::f32, DType::f64}) {
        CAPTURE(to_string(dtype));
        const Tensor logits = drawn({count, classes}, dtype, 4) * 4.0, own = drawn_indices({count}, classes, 5), weights = drawn({classes}, dtype, 6) + 1.5;
        const Doubles z = logits.to_vector(), w = weights.to_vector(), g = own.to_vector();
        constexpr double smoothing = 0.3;
        double total = 0, batch = 0, all_weights = 0;
        for (const double weight : w) all_weights += weight;
        Doubles gradient(z.size());
        for (std::size_t n = 0; n < g.size(); ++n) {
            const std::size_t own_class = static_cast<std::size_t>(g[n]), row = n * w.size();
            double sum = 0;
            for (std::size_t k = 0; k < w.size(); ++k) sum += std::exp(z[row + k]);
            batch += w[own_class];
            for (std::size_t k = 0; k < w.size(); ++k) {
                const double share = (k == own_class ? (1 - smoothing) * w[k] : 0.0) + smoothing * w[k] / static_cast<double>(classes);
                total -= share * (z[row + k] - std::log(sum));
                const double shares = (1 - smoothing) * w[own_class] + smoothing * all_weights / static_cast<double>(classes);
                gradient[row + k] = shares * std::exp(z[row + k]) / sum - share;
            }
        }
        for (double& slope : gradient) slope /= batch;
        const Tensor x = logits.clone().set_requires_grad();
        const Tensor loss = losses::CrossEntropy{{.smoothing = smoothing, .class_weights = weights}}(x, own);
        check_near("mean", loss, {total / batch}, dtype == DType::f32 ? 1e-6 : 1e-12);
        check_near("gradient", grad(loss, x), gradient, dtype == DType::f32 ? 1e-5 : 1e-11);
    }
}

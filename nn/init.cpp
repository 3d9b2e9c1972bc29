#include <knoll/nn/init.h>

#include <knoll/core/autograd.h>
#include <knoll/core/ops/random.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace knoll::nn::init {

namespace {

double kaiming_deviation(const Shape& shape, const KaimingOptions& options) {
    const double gain = std::sqrt(2.0 / (1.0 + options.negative_slope * options.negative_slope));
    return gain / std::sqrt(static_cast<double>(fan(shape, options.mode)));
}

double xavier_deviation(const Shape& shape, double gain) {
    return gain * std::sqrt(2.0 / static_cast<double>(fan(shape, FanMode::fan_in) + fan(shape, FanMode::fan_out)));
}

// A uniform distribution on [-bound, bound] has this bound for a given standard deviation.
double uniform_bound(double deviation) { return std::sqrt(3.0) * deviation; }

using Vector = std::vector<double>;

// Orthonormalises by modified Gram and Schmidt, each vector twice, which leaves no more than rounding error.
void orthonormalize(std::vector<Vector>& vectors) {
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        for (int pass = 0; pass < 2; ++pass)
            for (std::size_t j = 0; j < i; ++j) {
                const double along = std::inner_product(vectors[i].begin(), vectors[i].end(), vectors[j].begin(), 0.0);
                for (std::size_t k = 0; k < vectors[i].size(); ++k) vectors[i][k] -= along * vectors[j][k];
            }
        const double length = std::sqrt(std::inner_product(vectors[i].begin(), vectors[i].end(), vectors[i].begin(), 0.0));
        for (double& value : vectors[i]) value /= length;
    }
}

}  // namespace

std::int64_t fan(const Shape& shape, FanMode mode) {
    require<ShapeError>(shape.rank() >= 2, "[init] expected a weight of two or more dimensions, [out, in, ...], got shape ", shape);
    std::int64_t window = 1;
    for (std::int64_t i = 2; i < shape.rank(); ++i) window *= shape[i];
    return window * shape[mode == FanMode::fan_in ? 1 : 0];
}

void uniform_(Tensor& tensor, double low, double high, Rng& rng) {
    const NoGrad no_grad;
    tensor.copy_(rand(tensor.shape(), rng, tensor.dtype()));
    tensor *= high - low;
    tensor += low;
}

void normal_(Tensor& tensor, double mean, double standard_deviation, Rng& rng) {
    const NoGrad no_grad;
    tensor.copy_(randn(tensor.shape(), rng, tensor.dtype()));
    tensor *= standard_deviation;
    tensor += mean;
}

void kaiming_normal_(Tensor& tensor, Rng& rng, const KaimingOptions& options) { normal_(tensor, 0.0, kaiming_deviation(tensor.shape(), options), rng); }

void kaiming_uniform_(Tensor& tensor, Rng& rng, const KaimingOptions& options) {
    const double bound = uniform_bound(kaiming_deviation(tensor.shape(), options));
    uniform_(tensor, -bound, bound, rng);
}

void xavier_normal_(Tensor& tensor, Rng& rng, double gain) { normal_(tensor, 0.0, xavier_deviation(tensor.shape(), gain), rng); }

void xavier_uniform_(Tensor& tensor, Rng& rng, double gain) {
    const double bound = uniform_bound(xavier_deviation(tensor.shape(), gain));
    uniform_(tensor, -bound, bound, rng);
}

void orthogonal_(Tensor& tensor, Rng& rng, double gain) {
    require<ShapeError>(tensor.rank() >= 2, "[orthogonal_] expected a weight of two or more dimensions, got shape ", tensor.shape());
    if (tensor.numel() == 0) return;
    const auto rows = static_cast<std::size_t>(tensor.size(0));
    const std::size_t columns = static_cast<std::size_t>(tensor.numel()) / rows;
    const bool by_rows = rows <= columns;
    std::vector<Vector> vectors(by_rows ? rows : columns, Vector(by_rows ? columns : rows));
    for (Vector& vector : vectors)
        for (double& value : vector) value = rng.normal();
    orthonormalize(vectors);

    Vector values(rows * columns);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) values[r * columns + c] = gain * (by_rows ? vectors[r][c] : vectors[c][r]);
    const NoGrad no_grad;
    tensor.copy_(knoll::tensor(values, tensor.shape(), tensor.dtype()));
}

}  // namespace knoll::nn::init

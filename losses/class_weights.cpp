#include <knoll/core/error.h>
#include <knoll/losses/class_weights.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace knoll::losses {

namespace {

template <class Weight>
Tensor normalised(const char* op, std::span<const std::int64_t> counts, DType dtype, const Weight& weight) {
    require<ValueError>(!counts.empty(), "[", op, "] expected at least one class, got none");
    std::vector<double> weights;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        require<ValueError>(counts[c] >= 1, "[", op, "] expected at least one example of every class, got ", counts[c], " of class ", c);
        weights.push_back(weight(static_cast<double>(counts[c])));
    }
    const double scale = static_cast<double>(weights.size()) / std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& w : weights) w *= scale;
    return tensor(weights, Shape{static_cast<std::int64_t>(weights.size())}, dtype);
}

}  // namespace

Tensor inverse_frequency(std::span<const std::int64_t> counts, DType dtype) {
    return normalised("inverse_frequency", counts, dtype, [](double n) { return 1.0 / n; });
}

Tensor effective_number(std::span<const std::int64_t> counts, double beta, DType dtype) {
    require<ValueError>(beta >= 0 && beta < 1, "[effective_number] expected beta in [0, 1), got ", beta);
    // expm1 keeps 1 - beta^n exact where beta^n is nearly 1; for beta = 0 the logarithm is -inf and the result 1.
    return normalised("effective_number", counts, dtype, [beta](double n) { return (1.0 - beta) / -std::expm1(n * std::log(beta)); });
}

}  // namespace knoll::losses

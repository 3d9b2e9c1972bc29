#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/order.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/losses/label_proportions.h>
#include <knoll/losses/row_loss.h>

#include <cmath>

namespace knoll::losses {

namespace {

constexpr double share_tolerance = 1e-3;  // of a row of float proportions

void check_bags(const std::string& name, const Tensor& logits, const Tensor& proportions) {
    check_rows(name, logits);
    require<DTypeError>(is_floating(proportions.dtype()), "[", name, "] expected proportions of f32 or f64, got ", proportions.dtype());
    require<ShapeError>(
        proportions.rank() == 2 && proportions.size(1) == logits.size(1) && proportions.size(0) > 0 && logits.size(0) % proportions.size(0) == 0, "[", name,
        "] expected logits [B M, K] and proportions [B, K] of B bags, got shapes ", logits.shape(), " and ", proportions.shape());
    const std::vector<double> shares = proportions.to_vector();
    const auto classes = static_cast<std::size_t>(logits.size(1));
    for (std::size_t bag = 0; bag * classes < shares.size(); ++bag) {
        double total = 0;
        for (std::size_t c = 0; c < classes; ++c) {
            const double share = shares[bag * classes + c];
            require<ValueError>(share >= 0, "[", name, "] expected proportions of at least 0, got ", share, " at index [", bag, ", ", c, "]");
            total += share;
        }
        require<ValueError>(std::abs(total - 1) <= share_tolerance, "[", name, "] expected proportions that add up to 1 in every bag, got ", total, " in bag ",
                            bag);
    }
}

// log p as [B, M, K].
Tensor log_probabilities_by_bag(const Tensor& logits, std::int64_t bags) {
    return reshape(log_softmax(logits, 1), {bags, logits.size(0) / bags, logits.size(1)});
}

// -sum p log p, 0 log 0 = 0. So small a logarithm stands for all whose probability is 0: infinity times 0 would be NaN.
Tensor entropy_over(const Tensor& log_p, std::int64_t dim) {
    const Tensor finite = clamp(log_p, -1e30, 0.0);
    return -sum(exp(finite) * finite, dim);
}

}  // namespace

Tensor proportion_loss(const Tensor& logits, const Tensor& proportions) {
    check_bags("proportion_loss", logits, proportions);
    const std::int64_t bags = proportions.size(0);
    const Tensor shares = proportions.to(logits.dtype());
    const Tensor log_p = log_probabilities_by_bag(logits, bags);
    const Tensor log_mean = logsumexp(log_p, 1) - std::log(static_cast<double>(log_p.size(1)));
    Tensor value = mean(-sum(where(shares > 0.0, shares * log_mean, 0.0), 1));
    check_value("proportion_loss", logits, value);
    return value;
}

Tensor dual_entropy_weights(const Tensor& logits, const Tensor& proportions, const DualEntropyOptions& options) {
    check_bags("dual_entropy_weights", logits, proportions);
    for (const double width : {options.bag_width, options.instance_width})
        require<ValueError>(width > 0.0 && std::isfinite(width), "[dual_entropy_weights] expected widths above 0, got ", width);
    NoGrad no_grad;
    const std::int64_t bags = proportions.size(0);
    const Tensor shares = proportions.to(logits.dtype());
    const Tensor log_p = log_probabilities_by_bag(logits.detach(), bags);
    const std::int64_t size = log_p.size(1);
    const Tensor of_instance = exp(-square(entropy_over(log_p, 2)) / options.instance_width);  // [B, M]

    const Tensor entropy = entropy_over(log_softmax(log_p, 1), 1);  // [B, K]
    const Tensor occurs = shares > 0.0;
    const Tensor expected = log(where(occurs, shares, 1.0) * static_cast<double>(size));
    const Tensor of_class = where(occurs, exp(-square(entropy - expected) / options.bag_width), 0.0);
    const Tensor of_bag = gather(of_class, 1, argmax(log_p, 2));
    return reshape(of_instance * of_bag, {logits.size(0)});
}

Tensor bag_proportions(const Tensor& labels, std::int64_t bag, std::int64_t classes, DType dtype) {
    require<ShapeError>(labels.rank() == 1 && bag >= 1 && labels.size(0) > 0 && labels.size(0) % bag == 0,
                        "[bag_proportions] expected labels of whole bags of ", bag, ", got shape ", labels.shape());
    return mean(reshape(one_hot(labels, classes, dtype), {labels.size(0) / bag, bag, classes}), 1);
}

}  // namespace knoll::losses

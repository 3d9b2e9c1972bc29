#include <knoll/losses/comic.h>

#include <knoll/core/autograd.h>
#include <knoll/core/error.h>
#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>

#include <algorithm>
#include <cmath>

namespace knoll::losses {

namespace {

void check_shapes(const char* name, const Tensor& logits, const Tensor& labels, const Tensor& weights, const FocalModifierOptions& options) {
    require<ShapeError>(logits.rank() == 2 && logits.numel() > 0, "[", name, "] expected logits [N, C], got shape ", logits.shape());
    require<ShapeError>(labels.shape() == logits.shape(), "[", name, "] expected labels of the logits' shape ", logits.shape(), ", got ", labels.shape());
    require<ShapeError>(weights.shape() == Shape{logits.size(1)}, "[", name, "] expected weights of shape ", Shape{logits.size(1)}, ", one per class, got ",
                        weights.shape());
    require<ValueError>(options.clip > 0 && options.clip < 1, "[", name, "] expected a clip in (0, 1), got ", options.clip);
}

// a / b, and 0 where b is 0.
Tensor share(const Tensor& a, const Tensor& b) { return where(b > 0.0, a / b, 0.0); }

Tensor focal_of(const Tensor& logits, const Tensor& labels, const Tensor& weights, const Tensor& suggested, const FocalModifierOptions& options) {
    const Tensor is_positive = labels != 0.0;
    const Tensor boost = where(suggested > 0.0, options.boost, ones_like(logits));
    const Tensor remaining = boost * (sigmoid(-logits) + options.clip);
    const Tensor surprise = where(is_positive, softplus(-logits), where(remaining < 1.0, -log(remaining), 0.0));
    const NoGrad constants;
    const Tensor missing = where(is_positive, 1.0 - sigmoid(logits) * (1.0 - suggested), clamp(1.0 - remaining, 0.0, 1.0));
    const Tensor powers = where(is_positive, options.gamma_pos, weights + options.gamma_neg);
    const Tensor weight = weights * pow(missing, powers);
    const EnableGrad enabled;
    return weight * surprise;
}

}  // namespace

Tensor rarity_weights(const Tensor& counts, double exponent) {
    require<ShapeError>(counts.rank() == 1 && counts.numel() > 0, "[rarity_weights] expected counts [C], got shape ", counts.shape());
    std::vector<double> weights = counts.to_vector();
    for (double& count : weights) count = std::max(count, 1.0);
    const double most = *std::max_element(weights.begin(), weights.end());
    for (double& weight : weights) weight = std::pow(1.0 - std::log(weight / most), exponent);
    return tensor(weights, counts.shape(), DType::f32);
}

Tensor companionship(const Tensor& labels) {
    require<ShapeError>(labels.rank() == 2, "[companionship] expected labels [N, C], got shape ", labels.shape());
    const Tensor present = labels.to(DType::f32);
    const Tensor together = matmul(transpose(present, 0, 1), present);
    const Tensor company = together * (1.0 - one_hot(arange(labels.size(1)), labels.size(1)));
    return share(company, sum(company, {0}, true));
}

Tensor suggested_labels(const Tensor& companionship, const Tensor& labels) {
    require<ShapeError>(labels.rank() == 2 && companionship.shape() == Shape{labels.size(1), labels.size(1)},
                        "[suggested_labels] expected a companionship [C, C] and labels [N, C], got shapes ", companionship.shape(), " and ", labels.shape());
    const Tensor suggested = matmul(labels.to(DType::f32), companionship);
    return share(suggested, sum(suggested, {1}, true));  // the number of labels drops out
}

Tensor multi_grained_focal(const Tensor& logits, const Tensor& labels, const Tensor& weights, const FocalModifierOptions& options) {
    check_shapes("multi_grained_focal", logits, labels, weights, options);
    return focal_of(logits, labels, weights.to(logits.dtype()), zeros_like(logits.detach()), options);
}

Tensor prior_focal(const Tensor& logits, const Tensor& labels, const Tensor& weights, const Tensor& suggested, const FocalModifierOptions& options) {
    check_shapes("prior_focal", logits, labels, weights, options);
    require<ShapeError>(suggested.shape() == logits.shape(), "[prior_focal] expected suggested labels of the logits' shape ", logits.shape(), ", got ",
                        suggested.shape());
    return focal_of(logits, labels, weights.to(logits.dtype()), suggested.to(logits.dtype()), options);
}

Reflection reflect_labels(const Tensor& logits, const Tensor& labels, const ReflectionOptions& options) {
    require<ShapeError>(logits.rank() == 2 && labels.shape() == logits.shape(), "[reflect_labels] expected logits and labels [N, C], got shapes ",
                        logits.shape(), " and ", labels.shape());
    const Tensor is_observed = labels != 0.0;
    Reflection reflection;
    reflection.logits = where(is_observed, logits - options.margin, logits);
    const NoGrad constants;
    const Tensor p = sigmoid(reflection.logits);
    const Tensor likely = where(p > mean(p, {0}, true), p > options.threshold, zeros(p.shape(), DType::u8));
    reflection.recovered = where(is_observed, zeros(p.shape(), DType::u8), likely).to(DType::f32);
    reflection.labels = reflection.recovered + is_observed.to(DType::f32);
    return reflection;
}

Tensor reflective_loss(const Reflection& reflection, const Tensor& weights, const FocalModifierOptions& options) {
    const Tensor elements = multi_grained_focal(reflection.logits, reflection.labels, weights, options);
    const double positives = std::max(sum(reflection.labels).item(), 1.0);
    return mean(elements) * (static_cast<double>(elements.size(0)) / positives);
}

}  // namespace knoll::losses

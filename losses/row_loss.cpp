#include <knoll/core/node.h>
#include <knoll/core/non_finite.h>
#include <knoll/losses/row_loss.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace knoll::losses {

namespace {

// The first element of which the predicate holds, or -1.
template <class Predicate>
std::int64_t first_where(const Tensor& tensor, const Predicate& holds) {
    return visit_floating("first_where", tensor.dtype(), [&](auto zero) {
        const auto values = tensor.data<decltype(zero)>();
        const auto found = std::find_if(values.begin(), values.end(), holds);
        return found == values.end() ? std::int64_t{-1} : static_cast<std::int64_t>(found - values.begin());
    });
}

std::int64_t first_nan(const Tensor& tensor) {
    return first_where(tensor, [](auto value) { return std::isnan(value); });
}

Shape row_and_column(std::int64_t at, const Tensor& logits) { return {at / logits.size(1), at % logits.size(1)}; }

}  // namespace

void check_rows(const std::string& name, const Tensor& logits) {
    require<DTypeError>(is_floating(logits.dtype()), "[", name, "] expected logits of f32 or f64, got ", logits.dtype(), "; convert with .to(DType::f32)");
    require<ShapeError>(logits.rank() == 2, "[", name, "] expected logits [N, K], got shape ", logits.shape());
    require<ShapeError>(logits.size(0) > 0, "[", name, "] expected at least one row of logits, got shape ", logits.shape());
    require<ShapeError>(logits.size(1) > 1, "[", name, "] expected at least 2 classes, got logits of shape ", logits.shape(),
                        "; for one logit per label use a binary loss");
}

Tensor checked_classes(const std::string& name, const Tensor& logits, const Tensor& targets) {
    const std::int64_t count = logits.size(0);
    const std::int64_t classes = logits.size(1);
    require<DTypeError>(!is_floating(targets.dtype()), "[", name, "] expected integer classes as targets, got ", targets.dtype(),
                        "; convert with .to(DType::i64)");
    require<ShapeError>(targets.shape() == Shape{count}, "[", name, "] expected targets of shape ", Shape{count}, ", one class per row of logits ",
                        logits.shape(), ", got ", targets.shape());
    Tensor checked = targets.to(DType::i64);
    const auto values = checked.data<std::int64_t>();
    for (std::size_t n = 0; n < values.size(); ++n)
        require<ValueError>(values[n] >= 0 && values[n] < classes, "[", name, "] expected targets in [0, ", classes, "), got ", values[n], " at index [", n,
                            "]");
    return checked;
}

void check_value(const std::string& name, const Tensor& logits, const Tensor& value) {
    if (first_nan(value) < 0) return;
    const auto refuse = [&](std::int64_t at, const char* expected, const auto& got) {
        require<NonFiniteError>(at < 0, "[", name, "] expected ", expected, ", got ", got, " at index ", row_and_column(at, logits));
    };
    refuse(first_nan(logits), "logits that are numbers", "NaN");
    refuse(first_where(logits, [](auto logit) { return std::isinf(logit); }), "finite logits", "an infinity");
    // A difference of two logits overflows where one of them is large enough.
    visit_floating(name.c_str(), logits.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const std::int64_t at = first_where(logits, [](auto logit) { return std::abs(logit) > std::numeric_limits<T>::max() / 2; });
        if (at >= 0) refuse(at, "logits whose differences their type can hold", logits.data<T>()[static_cast<std::size_t>(at)]);
    });
}

RowLoss::RowLoss(std::string_view name, RowFormulaPtr formula, Reduction reduction, const Tensor& class_weights)
    : Loss(std::string(name), TargetKind::class_index, reduction),
      static_name_(intern(this->name())),
      formula_(std::move(formula)),
      class_weights_(class_weights.defined() ? class_weights.detach() : Tensor{}) {}

Tensor RowLoss::evaluate(const Tensor& logits, const Tensor& targets, const LossContext&) const {
    check_rows(name(), logits);
    const Tensor classes = checked_classes(name(), logits, targets);
    RowOptions options{.reduction = reduction()};
    if (class_weights_.defined()) {
        require<ShapeError>(class_weights_.size(0) == logits.size(1), "[", name(), "] expected class weights of shape ", Shape{logits.size(1)},
                            ", one per class of the logits, got ", class_weights_.shape());
        options.weights = class_weights_.to(logits.dtype());
    }
    Tensor value = apply_row_formula(static_name_, formula_, logits, classes, options);
    check_value(name(), logits, value);
    return value;
}

}  // namespace knoll::losses

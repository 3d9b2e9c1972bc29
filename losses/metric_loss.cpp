#include <knoll/losses/metric_loss.h>

#include <knoll/core/non_finite.h>
#include <knoll/core/ops/ops.h>

#include <cmath>

namespace knoll::losses {

namespace {

void check_finite(const std::string& name, const Tensor& embeddings) {
    visit_floating(name.c_str(), embeddings.dtype(), [&](auto zero) {
        const auto values = embeddings.data<decltype(zero)>();
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto at = static_cast<std::int64_t>(i);
            require<NonFiniteError>(std::isfinite(values[i]), "[", name, "] expected embeddings that are finite numbers, got ", values[i], " at index ",
                                    Shape{at / embeddings.size(1), at % embeddings.size(1)});
        }
    });
}

// Numbers beyond the square root of the largest have no distance.
void check_losses(const std::string& name, const Tensor& losses) {
    for (const double value : losses.to_vector())
        require<NonFiniteError>(!std::isnan(value), "[", name, "] expected embeddings whose distances their type can hold, got larger ones");
}

Tensor reduced(const Tensor& losses, Reduction reduction) {
    if (reduction == Reduction::none) return losses;
    return reduction == Reduction::sum ? sum(losses) : mean(losses);
}

}  // namespace

void check_embeddings(const std::string& name, const Tensor& embeddings, const Tensor& classes) {
    require<DTypeError>(is_floating(embeddings.dtype()), "[", name, "] expected embeddings of f32 or f64, got ", embeddings.dtype(),
                        "; convert with .to(DType::f32)");
    require<ShapeError>(embeddings.rank() == 2 && embeddings.numel() > 0, "[", name, "] expected embeddings [N, D] of at least one row, got shape ",
                        embeddings.shape());
    require<DTypeError>(!is_floating(classes.dtype()), "[", name, "] expected integer classes as targets, got ", classes.dtype(),
                        "; convert with .to(DType::i64)");
    require<ShapeError>(classes.shape() == Shape{embeddings.size(0)}, "[", name, "] expected targets of shape ", Shape{embeddings.size(0)},
                        ", one class per row of embeddings ", embeddings.shape(), ", got ", classes.shape());
    check_finite(name, embeddings);
}

PairMasks pair_masks(const Tensor& classes, const Tensor& other_classes, const Tensor& excluded) {
    const Tensor same = unsqueeze(classes.to(DType::i64), 1) == unsqueeze(other_classes.to(DType::i64), 0);
    const Tensor different = same == 0.0;
    if (!excluded.defined()) return {same, different};
    const Tensor kept = excluded == 0.0;
    return {same * kept, different * kept};
}

Tensor any_marked(const Tensor& mask) { return sum(mask, 1) > 0.0; }

Tensor MetricLoss::evaluate(const Tensor& embeddings, const Tensor& classes, const LossContext&) const {
    check_embeddings(name(), embeddings, classes);
    const Tensor losses = anchor_losses(embeddings, embeddings, pair_masks(classes, classes, eye(embeddings.size(0), DType::u8)));
    check_losses(name(), losses);
    return reduced(losses, reduction());
}

Tensor MetricLoss::against(const Tensor& embeddings, const Tensor& classes, const Tensor& others, const Tensor& other_classes, const Tensor& excluded) const {
    for (const Tensor* given : {&embeddings, &classes, &others, &other_classes})
        require<ValueError>(given->defined(), "[", name(), "] expected embeddings and classes, got an undefined tensor");
    check_embeddings(name(), embeddings, classes);
    check_embeddings(name(), others, other_classes);
    const Shape pairs{embeddings.size(0), others.size(0)};
    require<ShapeError>(others.size(1) == embeddings.size(1), "[", name(), "] expected embeddings of one length, got ", embeddings.shape(), " and ",
                        others.shape());
    require<ShapeError>(!excluded.defined() || excluded.shape() == pairs, "[", name(), "] expected excluded pairs of shape ", pairs, ", got ",
                        excluded.defined() ? excluded.shape() : Shape{});
    const Tensor losses = anchor_losses(embeddings, others.to(embeddings.dtype()), pair_masks(classes, other_classes, excluded));
    check_losses(name(), losses);
    return reduced(losses, reduction());
}

}  // namespace knoll::losses

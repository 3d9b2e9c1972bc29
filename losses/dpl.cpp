#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/scale.h>
#include <knoll/core/ops/shape.h>
#include <knoll/losses/dpl.h>

#include <cmath>
#include <limits>

namespace knoll::losses {

namespace {

// A scale under which no square overflows; what is small needs none beside an epsilon.
Tensor scale_from_one_up(const Tensor& a, const Dims& dims) { return clamp(power_of_two_scale(a, dims), 1.0, std::numeric_limits<double>::infinity()); }

// Rows of length 1. The epsilon keeps the gradient finite at a row of zeros, as ReLU may leave.
Tensor unit_rows(const Tensor& rows) {
    const Tensor scale = scale_from_one_up(rows, 1), scaled = rows / scale;
    return scaled / sqrt(sum(square(scaled), 1, true) + 1e-12 / square(scale));
}

// The classes that have members.
Tensor classes_with_members(const Tensor& labels, const Tensor& confident, std::int64_t classes) {
    std::vector<bool> present(static_cast<std::size_t>(classes));
    const auto label = labels.data<std::int64_t>();
    const auto sure = confident.data<std::uint8_t>();
    for (std::size_t i = 0; i < label.size(); ++i) {
        require<IndexError>(label[i] >= 0 && label[i] < classes, "[prototype_loss] expected labels in 0..", classes - 1, ", got ", label[i], " at index [", i,
                            "]");
        if (sure[i] != 0) present[static_cast<std::size_t>(label[i])] = true;
    }
    std::vector<std::int64_t> indices;
    for (std::size_t c = 0; c < present.size(); ++c)
        if (present[c]) indices.push_back(static_cast<std::int64_t>(c));
    return from_data<std::int64_t>({static_cast<std::int64_t>(indices.size())}, indices);
}

}  // namespace

Tensor prototype_similarities(const Tensor& features, const Tensor& prototypes, double temperature) {
    require<ShapeError>(features.rank() == 2 && prototypes.rank() == 2 && features.size(1) == prototypes.size(1),
                        "[prototype_similarities] expected features [N, D] and prototypes [K, D], got shapes ", features.shape(), " and ", prototypes.shape());
    require<ValueError>(temperature > 0.0 && std::isfinite(temperature), "[prototype_similarities] expected a temperature above 0, got ", temperature);
    return matmul(unit_rows(features), unit_rows(prototypes), {.transpose_b = true}) * (1.0 / temperature);
}

Tensor prototype_loss(const Tensor& similarities, const Tensor& labels, const Tensor& confident) {
    require<ShapeError>(similarities.rank() == 2 && similarities.size(0) > 0, "[prototype_loss] expected similarities [N, K], got shape ",
                        similarities.shape());
    const Shape per_example{similarities.size(0)};
    require<ShapeError>(labels.shape() == per_example && confident.shape() == per_example, "[prototype_loss] expected labels and confidence of shape ",
                        per_example, ", got ", labels.shape(), " and ", confident.shape());
    const std::int64_t classes = similarities.size(1);
    const Tensor present = classes_with_members(labels, confident, classes);
    if (present.numel() == 0) return 0.0 * sum(similarities);
    const Tensor columns = index_select(similarities, 1, present);
    const Tensor members = index_select(one_hot(labels, classes, columns.dtype()), 1, present) * unsqueeze(confident.to(columns.dtype()), 1);
    const Tensor of_members = logsumexp(where(members > 0.0, columns, -std::numeric_limits<double>::infinity()), 0);
    return mean(logsumexp(columns, 0) - of_members);
}

Tensor transfer_style(const Tensor& x, const Tensor& style, double epsilon) {
    require<ShapeError>(x.rank() == 4 && x.shape() == style.shape(), "[transfer_style] expected two batches of maps [N, C, H, W] of one shape, got ", x.shape(),
                        " and ", style.shape());
    const Dims plane{2, 3};
    const auto centre = [&](const Tensor& maps) { return mean(maps.detach(), plane, true); };
    const auto spread = [&](const Tensor& maps) {
        const Tensor scale = scale_from_one_up(maps, plane);
        return scale * sqrt(var(maps.detach() / scale, plane, true, 0) + epsilon / square(scale));
    };
    return (x - centre(x)) * (spread(style) / spread(x)) + centre(style);
}

}  // namespace knoll::losses

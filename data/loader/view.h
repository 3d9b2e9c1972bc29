// Another look at a batch: for methods that want an example twice, changed in different ways.
#pragma once

#include <knoll/data/loader/transform.h>

#include <knoll/core/tensor.h>

#include <span>

namespace knoll::data {

/// The examples of a batch, f32 [B, C, H, W] or [B, F], each transformed in turn. What happens to an example depends on (rng, its
/// index): indices is i64 [B], as a loader gives them, so a view is the same wherever in an epoch an example stands. The batch itself
/// stays as it is. Throws DTypeError or ShapeError where they do not fit.
Tensor make_view(const Tensor& images, const Tensor& indices, std::span<const Transform> transforms, const Rng& rng);

}  // namespace knoll::data

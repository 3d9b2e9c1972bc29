// Training with labels that are estimated along the way (ROLE; Cole et al. 2021, arXiv 2106.09708).
#pragma once

#include <knoll/apps/procedures/procedure.h>

#include <functional>

namespace knoll::apps {

/// Makes pictures of what estimates [examples, classes] (logits) have found.
using EstimateGallery = std::function<std::vector<Gallery>(const Tensor& estimates)>;

/// Beside the model, whose optimiser is given, there is a table of one logit for each label of each training image, which Adam moves at ten
/// times the learning rate. labels: u8 [examples, classes], the observed ones 1; the batches' indices are rows of it. k: positives
/// expected of an example. The table is in the checkpoint.
std::unique_ptr<Procedure> make_role(const Tensor& labels, double k, std::unique_ptr<nn::Optimizer> optimizer, std::uint64_t seed, EstimateGallery gallery);

}  // namespace knoll::apps

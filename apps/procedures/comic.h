// Correction, modification and balance for long-tailed classes whose labels are partly missing, in the style of COMIC (arXiv 2304.10539).
#pragma once

#include <knoll/apps/procedures/batch_loss.h>
#include <knoll/apps/procedures/procedure.h>

namespace knoll::apps {

/// Trains a model that ends in CosineBranches (batch statistics and all other layers are shared by its three branches). Each branch pays
/// the prior-focal loss on the observed labels and 0.2 times the reflective loss on labels that it corrects itself; the balanced one pays
/// the mean of the three branches' prior-focal losses on top. The head branch sees images as often as they come, the tail one as if
/// classes were drawn equally often, the balanced one half-way between: by weights of images, where the published code draws three
/// batches, with more of the rarest (docs/methods/comic.md says why less serves better here). labels: u8 [examples, classes] as observed. The classes' counts
/// with the labels recovered in this epoch are in the checkpoint.
std::unique_ptr<Procedure> make_comic(const Tensor& labels, std::unique_ptr<nn::Optimizer> optimizer);

/// The mean of the multi-grained focal modifier, for any model, with weights by the counts of labels as observed.
BatchLoss multi_grained_focal_loss(const Tensor& labels);

}  // namespace knoll::apps

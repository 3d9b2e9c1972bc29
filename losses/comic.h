// The losses of COMIC (arXiv 2304.10539, ICCV 2023), for multi-label sets whose classes are long-tailed and whose positive labels are
// partly missing. They take what is known of the data as tensors: weights of classes, and which labels go together. What follows is what
// the published code computes, where that is defined; it gives NaN for an image without labels, here such an image has no companions.
// All focal weights are constants under differentiation.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll::losses {

/// (1 - log(n_c / n_max))^exponent of counts [C], f32: 1 for the most frequent class, growing slowly towards rare ones. A count below 1
/// stands for a class that was never seen, and counts as 1. Throws ShapeError on an empty list.
Tensor rarity_weights(const Tensor& counts, double exponent);

/// How labels go together, of labels [N, C] in {0, 1}: [C, C], f32, entry (l, c) being the share that label l has of all company that
/// label c keeps; 0 on the diagonal, and in the columns of labels that are always alone.
Tensor companionship(const Tensor& labels);

/// Which labels the observed ones suggest: the mean of their rows of companionship, made to add up to 1 over the classes. [N, C]; all 0
/// for an image without labels or whose labels never had company.
Tensor suggested_labels(const Tensor& companionship, const Tensor& labels);

struct FocalModifierOptions {
    double gamma_pos = 0.0;
    double gamma_neg = 4.0;
    double clip = 0.05;  ///< probability that a negative may have for free, in (0, 1)
    double boost = 1.2;  ///< factor of a suggested negative's 1 - p + clip: it is forgiven sooner
};

/// The multi-grained focal modifier, per element of logits and labels [N, C], with weights [C]:
///     positives: w (1 - p)^gamma_pos (-log p)           negatives: w (1 - r)^(gamma_neg + w) (-log r), r = min(1 - p + clip, 1).
/// So a rare class has a stronger focal power on its negatives.
Tensor multi_grained_focal(const Tensor& logits, const Tensor& labels, const Tensor& weights, const FocalModifierOptions& options = {});

/// The prior-focal modifier: the same, and r = min(boost (1 - p + clip), 1) where a label is suggested (suggested_labels() above 0),
/// p (1 - suggested) in the focal weight of positives. The published value has -log(1 - suggested) on top of positives, which is infinite
/// where all suggestion falls on one label; being constant it has no gradient and is left out.
Tensor prior_focal(const Tensor& logits, const Tensor& labels, const Tensor& weights, const Tensor& suggested,
                   const FocalModifierOptions& options = {.gamma_neg = 3.0});

struct ReflectionOptions {
    double margin = 1.0;     ///< taken off the logits of observed positives
    double threshold = 0.7;  ///< probability that a negative must exceed to be recovered
};

/// Labels as the model corrects them: an unobserved label is recovered where its probability exceeds the threshold and the mean of its
/// class over the batch.
struct Reflection {
    Tensor logits;     ///< [N, C], with the margin; differentiable
    Tensor labels;     ///< f32 [N, C]: observed or recovered
    Tensor recovered;  ///< f32 [N, C]
};
Reflection reflect_labels(const Tensor& logits, const Tensor& labels, const ReflectionOptions& options = {});

/// The mean of multi_grained_focal over the reflected labels, times N and over the number of positives among them (or 1).
Tensor reflective_loss(const Reflection& reflection, const Tensor& weights, const FocalModifierOptions& options = {.gamma_neg = 3.0});

}  // namespace knoll::losses

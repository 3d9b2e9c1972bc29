// What all losses share: logits and targets in, a scalar (or one loss per element or example) out.
#pragma once

#include <knoll/core/reduction.h>
#include <knoll/core/tensor.h>

#include <cstdint>
#include <string>

namespace knoll::losses {

/// What a loss compares the logits with.
enum class TargetKind : std::uint8_t {
    binary,        ///< 0 or 1 for every logit: multi-label
    real,          ///< any number for every logit
    class_index,   ///< one integer class for every row of logits: single label
    distribution,  ///< a probability for every logit, adding up to 1 in every row
    same_class,    ///< one integer class for every row, in place of logits an embedding: rows of one class belong together
};
std::string to_string(TargetKind kind);

/// What a loss may know of the training beyond the batch.
struct LossContext {
    int epoch = 0;   ///< from 0 on
    int epochs = 0;  ///< of the training in all; 0: not known
};

class Loss {
public:
    virtual ~Loss() = default;

    /// The loss of logits [N, C] against targets: [N] classes or [N, C] numbers. A scalar, or with Reduction::none one loss per
    /// element (binary, real) or per row (all others). Throws ShapeError, DTypeError or ValueError, naming the index,
    /// on shapes that do not fit, an empty batch, NaN among the logits, or targets out of their range.
    Tensor operator()(const Tensor& logits, const Tensor& targets, const LossContext& context = {}) const;

    const std::string& name() const { return name_; }
    TargetKind target_kind() const { return target_kind_; }
    Reduction reduction() const { return reduction_; }

protected:
    Loss(std::string name, TargetKind target_kind, Reduction reduction);
    Loss(const Loss&) = default;
    Loss& operator=(const Loss&) = default;

private:
    virtual Tensor evaluate(const Tensor& logits, const Tensor& targets, const LossContext& context) const = 0;

    std::string name_;
    TargetKind target_kind_;
    Reduction reduction_;
};

}  // namespace knoll::losses

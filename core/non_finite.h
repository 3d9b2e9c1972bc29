// The error that tells a computation that has diverged from a wrong argument.
#pragma once

#include <knoll/core/error.h>

namespace knoll {

/// A number that is infinite or NaN where a computation cannot go on with it: a logit, an embedding, the value of a loss. A training run
/// that meets one has diverged; any other ValueError is a wrong argument.
class NonFiniteError : public ValueError {
public:
    using ValueError::ValueError;
};

}  // namespace knoll

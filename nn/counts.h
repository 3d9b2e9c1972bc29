// Counts in a state that was read: steps, updates, epochs.
#pragma once

#include <knoll/nn/state_dict.h>

namespace knoll::nn {

/// Throws ValueError unless the tensor of that name, if there is one, counts from 0 to what can be counted on from. `what` names the
/// owner in the text.
void require_counts(std::string_view what, const StateDict& state, std::string_view name);

}  // namespace knoll::nn

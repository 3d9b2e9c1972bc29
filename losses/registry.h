// All losses by name.
#pragma once

#include <knoll/losses/loss.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace knoll::losses {

struct ParameterInfo {
    std::string name;
    std::string default_value;
    std::string range;  ///< "a number of at least 0"
    std::string meaning;
};

struct LossInfo {
    std::string name;
    TargetKind targets = TargetKind::binary;
    std::string meaning;
    std::string paper;
    std::vector<ParameterInfo> parameters;
    bool of_batch = false;  ///< the value belongs to a whole batch: it has no parts, and so no curve against one logit
};

/// Every loss, multi-label ones first.
const std::vector<LossInfo>& registry();

/// The loss of a specification: its name, or "name:key=value,key=value". Throws ValueError, suggesting the nearest name, if there is no
/// such loss or parameter, and on values that are no numbers or out of range.
std::unique_ptr<Loss> make(std::string_view specification, Reduction reduction = Reduction::mean);

}  // namespace knoll::losses

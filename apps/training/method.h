// How a comparison names what it compares: a loss, its parameters, and modifiers of what it trains on.
#pragma once

#include <knoll/apps/tasks/catalog.h>

namespace knoll::apps {

/// bce; focal:gamma=1; bce+full; cot.
struct Method {
    std::string text;                    ///< as typed
    std::string loss;                    ///< without modifiers
    std::vector<std::string> modifiers;  ///< in the order typed

    bool has(const std::string& modifier) const;
    /// The loss without its parameters.
    std::string loss_name() const { return loss.substr(0, loss.find(':')); }
};

/// Throws ValueError on an unknown loss, parameter or modifier, with the nearest name, or a loss for targets of the other kind.
Method parse_method(const std::string& text, const TaskInfo& info);

}  // namespace knoll::apps

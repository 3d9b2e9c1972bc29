// Suggestions for mistyped names.
#pragma once

#include <string>
#include <vector>

namespace knoll::apps {

/// "; did you mean X?" or, where nothing is near, "; choose from A, B, C".
std::string suggestion(const std::string& name, const std::vector<std::string>& names);

}  // namespace knoll::apps

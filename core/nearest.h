// Suggestions for mistyped names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace knoll {

/// The name with the fewest edits to the given one (Levenshtein 1966), or nothing where every name is too far off.
std::string nearest(std::string_view name, const std::vector<std::string>& names);

}  // namespace knoll

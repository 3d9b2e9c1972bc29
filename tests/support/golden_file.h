#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace knoll {

/// What tests/golden/NAME.json holds.
nlohmann::json golden_file(const std::string& name);

}  // namespace knoll

#include "support/golden_file.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace knoll {

nlohmann::json golden_file(const std::string& name) {
    std::ifstream file(std::string(KNOLL_TEST_DATA) + "/golden/" + name + ".json");
    if (!file) throw std::runtime_error("there is no golden file " + name + ".json");
    return nlohmann::json::parse(file);
}

}  // namespace knoll

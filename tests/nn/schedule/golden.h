// The learning rates that PyTorch's schedulers gave.
#pragma once

#include "support/golden_file.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace knoll {

struct GoldenSchedule {
    nlohmann::json options;
    double base;
    std::vector<double> rates;
    std::vector<double> metrics;  ///< of ReduceLROnPlateau
};

inline GoldenSchedule golden_schedule(const std::string& name) {
    const auto file = golden_file("schedules_pytorch");
    const auto& json = file.at("schedules").at(name);
    return {json.at("options"), json.at("base_lr"), json.at("lrs"), json.value("metrics", std::vector<double>{})};
}

}  // namespace knoll

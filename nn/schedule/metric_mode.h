// Which way a metric is better.
#pragma once

#include <limits>

namespace knoll::nn {

enum class MetricMode { min, max };  ///< lower is better (a loss), or higher is (an accuracy)

/// What every metric improves on.
constexpr double worst_metric(MetricMode mode) {
    return mode == MetricMode::min ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

}  // namespace knoll::nn

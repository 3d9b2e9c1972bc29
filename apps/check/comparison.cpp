#include <knoll/apps/check/comparison.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace knoll::apps {

namespace {

double relative_difference(double expected, double got, double floor) {
    if (expected == got || (std::isnan(expected) && std::isnan(got))) return 0;
    const double difference = std::abs(got - expected) / std::max(std::abs(expected), floor);
    return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

}  // namespace

Comparison compare(const Numbers& expected, const Numbers& got, double tolerance) {
    double largest_expected = 0;
    for (const double number : expected)
        if (std::isfinite(number)) largest_expected = std::max(largest_expected, std::abs(number));

    Comparison comparison;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double difference = relative_difference(expected[i], got[i], largest_expected / 100);
        if (difference > tolerance) comparison.departing.push_back(i);
        if (difference <= comparison.largest) continue;
        comparison.largest = difference;
        comparison.worst = i;
    }
    return comparison;
}

}  // namespace knoll::apps

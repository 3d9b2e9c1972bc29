#include <knoll/core/closeness.h>
#include <knoll/core/error.h>

#include <cmath>
#include <limits>

namespace knoll {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string kind(const Tensor& tensor) { return tensor.defined() ? text(tensor.dtype(), " ", tensor.shape()) : "undefined"; }

// As a multiple of what is tolerated.
double distance(double actual, double expected, const Tolerance& tolerance) {
    if (actual == expected || (std::isnan(actual) && std::isnan(expected))) return 0;
    const double apart = std::abs(actual - expected) / (tolerance.absolute + tolerance.relative * std::abs(expected));
    return std::isfinite(apart) ? apart : infinity;
}

}  // namespace

Closeness compare(const Tensor& actual, const Tensor& expected, const Tolerance& tolerance) {
    require<ValueError>(tolerance.relative >= 0 && tolerance.absolute >= 0, "[compare] expected tolerances of at least 0, got ", tolerance.absolute, " and ",
                        tolerance.relative);
    Closeness closeness;
    const std::string kinds = text("actual: ", kind(actual), ", expected: ", kind(expected));
    if (!actual.defined() || !expected.defined() || !(actual.shape() == expected.shape())) {
        closeness.report = "expected two tensors of one shape; " + kinds;
        return closeness;
    }
    closeness.comparable = true;
    const std::vector<double> a = actual.to_vector();
    const std::vector<double> e = expected.to_vector();
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double off = distance(a[i], e[i], tolerance);
        if (off > 1) ++closeness.differing;
        if (off <= largest) continue;
        largest = off;
        closeness.worst = static_cast<std::int64_t>(i);
    }
    closeness.report = closeness.ok() ? text("all of ", a.size(), " elements agree") : text(closeness.differing, " of ", a.size(), " elements differ");
    if (closeness.worst >= 0) {
        const auto at = static_cast<std::size_t>(closeness.worst);
        closeness.report +=
            text(", the worst at ", index_text(closeness.worst, actual.shape()), ": ", a[at], ", expected ", e[at], " (", largest, " times what is tolerated)");
    }
    closeness.report += "; " + kinds;
    return closeness;
}

}  // namespace knoll

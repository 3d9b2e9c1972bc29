// Checks of derivatives against central differences.
#pragma once

#include <knoll/core/autograd.h>

#include <string>
#include <vector>

namespace knoll {

struct GradcheckOptions {
    int order = 1;                     ///< check derivatives up to this order, 1 to 3
    double step = 1e-6;                ///< of the central differences, relative to max(1, |x|)
    double absolute_tolerance = 1e-6;  ///< |analytic - numeric| <= absolute + relative * |numeric|
    double relative_tolerance = 1e-4;
    std::uint64_t seed = 1;          ///< of the random upstream gradients and directions
    std::int64_t full_limit = 4096;  ///< entries of the Jacobian up to which every one is checked; random directions beyond
    bool allow_zero = false;         ///< a first gradient that is zero everywhere is a failure unless this is set
    std::string name = {};           ///< of the function, in reports; the op that made its output unless given
};

/// One derivative that departs from its central difference. From order 2 on, the outputs are the gradients of the order
/// below, and their upstream gradients are further inputs.
struct GradcheckFailure {
    std::string op;  ///< the name of the checked function, or the op that made its output
    int order = 1;
    std::size_t input = 0;     ///< which input
    std::int64_t element = 0;  ///< flat index within it
    std::int64_t output = -1;  ///< flat index within all outputs (-1: a random projection of them)
    double analytic = 0;
    double numeric = 0;
    double excess = 0;    ///< their distance as a multiple of what is tolerated; infinite where one of them is not finite
    std::string message;  ///< all of this in words; or what else is wrong: zero gradient, wrong shape, passes that differ
};

class GradcheckResult {
public:
    GradcheckResult(std::string summary, std::vector<GradcheckFailure> failures, double worst, std::int64_t compared)
        : summary_(std::move(summary)), failures_(std::move(failures)), worst_(worst), compared_(compared) {}

    bool ok() const { return failures_.empty(); }
    /// One line if all is well. Otherwise op and order, how many elements of which inputs have wrong derivatives, and how far off the worst
    /// is; then the five worst, a line each, with positions and both numbers. Of what else is wrong, a line each.
    std::string report() const;
    /// In the order in which they were found.
    const std::vector<GradcheckFailure>& failures() const { return failures_; }
    /// The largest |analytic - numeric| / (absolute + relative * |numeric|) seen.
    double worst() const { return worst_; }
    /// How many derivatives were compared.
    std::int64_t compared() const { return compared_; }

private:
    std::string summary_;
    std::vector<GradcheckFailure> failures_;
    double worst_;
    std::int64_t compared_;
};

/// Checks the gradients of f at x, f64. Throws DTypeError for other types.
GradcheckResult gradcheck(const TensorFunction& f, const Tensor& x, const GradcheckOptions& options = {});
/// The same for functions of several tensors; every input that is f64 is checked, integers are passed on as they are.
GradcheckResult gradcheck(const TensorsFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});

}  // namespace knoll

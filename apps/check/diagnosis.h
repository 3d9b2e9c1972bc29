// What a wrong gradient looks like: the usual mistakes, each tried on all of it.
#pragma once

#include <knoll/apps/check/comparison.h>

#include <cstdint>
#include <string>
#include <vector>

namespace knoll::apps {

/// A gradient that a mistake would lead to: of other options, or by another variable.
struct Variant {
    std::string mistake;  ///< "with detach=1 ..."; empty for what was asked for
    Numbers gradient;
};

struct WrongGradient {
    std::int64_t rows = 1;
    std::int64_t classes = 1;
    Numbers logits;
    std::vector<bool> positive;     ///< whether the target of each element is positive; empty where no target is
    std::vector<Variant> variants;  ///< what was asked for is the first
    Numbers got;
    double tolerance = 0;
};

/// One sentence that explains every departure, or nothing.
std::string diagnose(const WrongGradient& wrong);

}  // namespace knoll::apps

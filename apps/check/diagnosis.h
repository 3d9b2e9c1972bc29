// What a wrong gradient looks like: the usual mistakes, each tried on all of it.
#pragma once

#include <knoll/apps/check/comparison.h>
#include <knoll/core/shape.h>

#include <string>
#include <vector>

namespace knoll::apps {

/// A gradient that a mistake would lead to: of other options, or by another variable.
struct Variant {
    std::string mistake;  ///< "with detach=1 ..."; empty for what was asked for
    Numbers gradient;
};

struct WrongGradient {
    Shape shape;  ///< of the logits and of all that stands beside them: rows, each of classes along the last dimension
    Numbers logits;
    std::vector<bool> positive;     ///< whether the target of each element is positive; empty where no target is
    std::vector<Variant> variants;  ///< what was asked for is the first
    Numbers got;
    double tolerance = 0;
};

/// One sentence that explains every departure, or nothing. A pattern is claimed only where every element that it speaks of shows it; else
/// the places are named.
std::string diagnose(const WrongGradient& wrong);

}  // namespace knoll::apps

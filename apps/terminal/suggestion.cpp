#include <knoll/apps/terminal/suggestion.h>

#include <knoll/core/nearest.h>

namespace knoll::apps {

std::string suggestion(const std::string& name, const std::vector<std::string>& names) {
    const std::string best = nearest(name, names);
    if (!best.empty()) return "; did you mean " + best + "?";
    std::string all;
    for (const std::string& candidate : names) all += (all.empty() ? "" : ", ") + candidate;
    return "; choose from " + all;
}

}  // namespace knoll::apps

#include <knoll/apps/check/diagnosis.h>

#include <knoll/core/text.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace knoll::apps {

namespace {

// The factor that brings expected closest to got.
double best_factor(const Numbers& expected, const Numbers& got) {
    return std::inner_product(expected.begin(), expected.end(), got.begin(), 0.0) / std::inner_product(expected.begin(), expected.end(), expected.begin(), 0.0);
}

Numbers scaled(Numbers numbers, double factor) {
    for (double& number : numbers) number *= factor;
    return numbers;
}

std::string words_for_size(double size, const WrongGradient& wrong) {
    struct Count {
        std::int64_t number;
        const char* name;
    };
    const std::int64_t all = wrong.shape.numel(), classes = wrong.shape.size(-1);
    for (const auto& [number, name] : {Count{all / classes, "N"}, Count{classes, "C"}, Count{all, "(N*C)"}}) {
        if (number == 1) continue;
        const auto count = static_cast<double>(number);
        if (std::abs(size / count - 1) <= wrong.tolerance)
            return text("every element is ", number, " = ", name, " times what is expected: a sum in place of a mean?");
        if (std::abs(size * count - 1) <= wrong.tolerance)
            return text("every element is 1/", number, " = 1/", name, " of what is expected: a mean in place of a sum?");
    }
    return text("every element is ", static_cast<float>(size), " times what is expected: a weight or constant too many, or one that is missing?");
}

std::string words_for_factor(double factor, const WrongGradient& wrong) {
    if (factor == 0) return "it is zero everywhere: is something detached between the loss and the logits?";
    const double size = std::abs(factor);
    std::string words = std::abs(size - 1) <= wrong.tolerance ? "" : words_for_size(size, wrong);
    if (factor < 0) words = "every sign is flipped" + (words.empty() ? "" : ", and " + words);
    return words;
}

// A single number is some multiple of any other: that says nothing, unless it is a plain one.
bool has_evidence(const Numbers& gradient, double factor) {
    return std::abs(factor) == 1 || factor == 0 || gradient.size() - static_cast<std::size_t>(std::count(gradient.begin(), gradient.end(), 0.0)) > 1;
}

// A variant, times a factor, that agrees with all that was got.
std::string one_mistake_throughout(const WrongGradient& wrong) {
    for (const double only_factor : {1.0, std::numeric_limits<double>::quiet_NaN()})  // the plainest explanations first
        for (const Variant& variant : wrong.variants) {
            const double factor = std::isnan(only_factor) ? best_factor(variant.gradient, wrong.got) : only_factor;
            if (!std::isfinite(factor) || !compare(scaled(variant.gradient, factor), wrong.got, wrong.tolerance).agrees()) continue;
            if (!has_evidence(variant.gradient, factor)) continue;
            const std::string words = words_for_factor(factor, wrong);
            return variant.mistake + (variant.mistake.empty() || words.empty() ? "" : "; moreover, ") + words;
        }
    return "";
}

std::string place(const WrongGradient& wrong, std::size_t element) { return index_text(static_cast<std::int64_t>(element), wrong.shape); }

std::string in_words(double number) { return text(static_cast<float>(number)); }

// Which logits depart, if it is all of a certain size, or all from a certain one on upwards or downwards.
std::string range_of_logits(const WrongGradient& wrong, const std::vector<std::size_t>& departing) {
    Numbers there;
    for (const std::size_t i : departing) there.push_back(wrong.logits[i]);
    const auto [lowest, highest] = std::minmax_element(there.begin(), there.end());
    const auto smaller = [](double a, double b) { return std::abs(a) < std::abs(b); };
    const double mildest = std::abs(*std::min_element(there.begin(), there.end(), smaller));
    const auto covers = [&](const auto& is_meant) {
        return static_cast<std::size_t>(std::count_if(wrong.logits.begin(), wrong.logits.end(), is_meant)) == departing.size();
    };
    if (covers([mildest](double logit) { return std::abs(logit) >= mildest; })) return "of size " + in_words(mildest) + " and beyond";
    if (covers([low = *lowest](double logit) { return logit >= low; })) return "of " + in_words(*lowest) + " and above";
    if (covers([high = *highest](double logit) { return logit <= high; })) return "of " + in_words(*highest) + " and below";
    return "";
}

std::string listed(const WrongGradient& wrong, const std::vector<std::size_t>& departing) {
    constexpr std::size_t shown = 5;
    std::string places;
    for (std::size_t i = 0; i < std::min(shown, departing.size()); ++i)
        places += text(i == 0 ? "" : ", ", place(wrong, departing[i]), " (logit ", in_words(wrong.logits[departing[i]]), ")");
    return departing.size() > shown ? text(places, " and ", departing.size() - shown, " more") : places;
}

std::string not_finite(const WrongGradient& wrong, const std::vector<std::size_t>& departing) {
    if (std::any_of(departing.begin(), departing.end(), [&](std::size_t i) { return std::isfinite(wrong.got[i]); })) return "";
    const std::string range = range_of_logits(wrong, departing);
    const std::string what = "what departs is NaN or infinite, ";
    if (range.empty()) return what + "at " + listed(wrong, departing) + ", and all else agrees";
    const std::string where = departing.size() > 1 ? "at all logits " + range : "at " + listed(wrong, departing) + ", which no other logit goes beyond";
    return what + where + ", and all else agrees: an exp that overflows, or the log of a probability that is 0?";
}

std::string one_alone(const WrongGradient& wrong, const std::vector<std::size_t>& departing) {
    if (departing.size() != 1 || wrong.got.size() == 1) return "";
    return text("one element alone departs, ", listed(wrong, departing), "; all ", wrong.got.size() - 1, " others agree");
}

// Departures on one side of the targets alone.
std::string one_side(const WrongGradient& wrong, const std::vector<std::size_t>& departing) {
    if (wrong.positive.empty()) return "";
    const bool side = wrong.positive[departing.front()];
    if (std::any_of(departing.begin(), departing.end(), [&](std::size_t i) { return wrong.positive[i] != side; })) return "";
    const auto others = std::count(wrong.positive.begin(), wrong.positive.end(), !side);
    if (others == 0) return "";

    Numbers expected;
    Numbers got;
    for (std::size_t i = 0; i < wrong.got.size(); ++i) {
        if (wrong.positive[i] != side) continue;
        expected.push_back(wrong.variants.front().gradient[i]);
        got.push_back(wrong.got[i]);
    }
    const double factor = best_factor(expected, got);
    const bool constant = std::isfinite(factor) && compare(scaled(expected, factor), got, wrong.tolerance).agrees();
    const std::string by = constant ? ", and all of them are " + in_words(factor) + " times what is expected" : "";
    const bool all = constant || departing.size() == got.size();
    const std::string who = all ? "only" : text(departing.size(), " of ", got.size());
    return text(who, side ? " positives" : " negatives", " are wrong", by, "; all ", others, side ? " negatives" : " positives", " agree");
}

}  // namespace

std::string diagnose(const WrongGradient& wrong) {
    const std::vector<std::size_t> departing = compare(wrong.variants.front().gradient, wrong.got, wrong.tolerance).departing;
    if (departing.empty()) return "";
    for (std::string words : {one_mistake_throughout(wrong), not_finite(wrong, departing), one_alone(wrong, departing), one_side(wrong, departing)})
        if (!words.empty()) return words;
    return "";
}

}  // namespace knoll::apps

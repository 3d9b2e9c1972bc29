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
    for (const auto& [number, name] : {Count{wrong.rows, "N"}, Count{wrong.classes, "C"}, Count{wrong.rows * wrong.classes, "(N*C)"}}) {
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

// A variant, times a factor, that agrees with all that was got.
std::string one_mistake_throughout(const WrongGradient& wrong) {
    for (const double only_factor : {1.0, std::numeric_limits<double>::quiet_NaN()})  // the plainest explanations first
        for (const Variant& variant : wrong.variants) {
            const double factor = std::isnan(only_factor) ? best_factor(variant.gradient, wrong.got) : only_factor;
            if (!std::isfinite(factor) || !compare(scaled(variant.gradient, factor), wrong.got, wrong.tolerance).agrees()) continue;
            const std::string words = words_for_factor(factor, wrong);
            return variant.mistake + (variant.mistake.empty() || words.empty() ? "" : "; moreover, ") + words;
        }
    return "";
}

std::string not_finite(const WrongGradient& wrong, const std::vector<std::size_t>& departing) {
    double mildest = std::numeric_limits<double>::infinity();
    for (const std::size_t i : departing) {
        if (std::isfinite(wrong.got[i])) return "";
        mildest = std::min(mildest, std::abs(wrong.logits[i]));
    }
    return text("what departs is NaN or infinite, at logits of size ", static_cast<float>(mildest),
                " and beyond, and all else agrees: an exp that overflows, or the log of a probability that is 0?");
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
    const std::string by = constant ? text(", and all of them are ", static_cast<float>(factor), " times what is expected") : "";
    return text("only ", side ? "positives" : "negatives", " are wrong", by, "; all ", others, side ? " negatives" : " positives", " agree");
}

}  // namespace

std::string diagnose(const WrongGradient& wrong) {
    const std::vector<std::size_t> departing = compare(wrong.variants.front().gradient, wrong.got, wrong.tolerance).departing;
    if (departing.empty()) return "";
    for (std::string words : {one_mistake_throughout(wrong), not_finite(wrong, departing), one_side(wrong, departing)})
        if (!words.empty()) return words;
    return "";
}

}  // namespace knoll::apps

#include <knoll/losses/parameter.h>

#include <charconv>

namespace knoll::losses {

bool Range::contains(double value) const {
    return std::isfinite(value) && value <= high && (without_low ? value > low : value >= low) && (!whole || value == std::floor(value));
}

std::string to_string(const Range& range) {
    if (range.whole) return range.high == 1 ? "0 or 1" : text("a whole number of at least ", range.low);
    if (std::isfinite(range.high) && !std::isfinite(range.low)) return text("a number of at most ", range.high);
    if (std::isfinite(range.high)) return text("a number in ", range.without_low ? '(' : '[', range.low, ", ", range.high, "]");
    if (std::isfinite(range.low)) return text("a number ", range.without_low ? "above " : "of at least ", range.low);
    return "a finite number";
}

double parse_parameter(std::string_view loss, std::string_view parameter, std::string_view text) {
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    require<ValueError>(failure == std::errc{} && end == text.data() + text.size(), "[", loss, "] expected for ", parameter, " a number, got '", text, "'");
    return value;
}

}  // namespace knoll::losses

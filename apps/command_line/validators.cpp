#include <knoll/apps/command_line/validators.h>

#include <knoll/apps/terminal/suggestion.h>
#include <knoll/core/text.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

namespace knoll::apps {

namespace {

// The number that a text is, all of it.
template <class Number>
std::optional<Number> read_number(const std::string& digits) {
    Number value{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size() ? std::optional(value) : std::nullopt;
}

std::string expected_instead(const std::string& expected, const std::string& got) {
    return "expected " + expected + ", got " + (got.empty() ? "nothing" : got);
}

CLI::Validator number(const char* expected, bool (*good)(double)) {
    return {[=](std::string& input) -> std::string {
                const std::optional<double> value = read_number<double>(input);
                return value && good(*value) ? "" : expected_instead(expected, input);
            },
            ""};
}

constexpr const char* words_mark = "one of";

}  // namespace

// Puts plain digits in place of what was typed: CLI11 reads 010 as eight.
CLI::Validator whole_number(std::int64_t lowest, std::int64_t highest) {
    return {[=](std::string& input) -> std::string {
                const std::optional<std::int64_t> value = read_number<std::int64_t>(input);
                if (!value || *value < lowest || *value > highest) return expected_instead(text("a whole number from ", lowest, " to ", highest), input);
                input = text(*value);
                return "";
            },
            ""};
}

CLI::Validator not_negative() {
    return number("a number of at least 0", [](double x) { return x >= 0 && std::isfinite(x); });
}
CLI::Validator positive() {
    return number("a number above 0", [](double x) { return x > 0 && std::isfinite(x); });
}
CLI::Validator below_one() {
    return number("a number in [0, 1)", [](double x) { return x >= 0 && x < 1; });
}
CLI::Validator logit() {
    return number("a number from -1e6 to 1e6", [](double x) { return std::abs(x) <= 1e6; });
}

// The words stand in the validator's name, where a completion finds them.
CLI::Validator one_of(const std::vector<std::string>& names) {
    std::string listed = words_mark;
    for (const std::string& name : names) listed += " " + name;
    return {[=](std::string& input) -> std::string {
                const bool known = std::find(names.begin(), names.end(), input) != names.end();
                return known ? "" : expected_instead("a known name", input) + suggestion(input, names);
            },
            "", listed};
}

std::vector<std::string> known_words(CLI::Option& option) {
    std::vector<std::string> words;
    std::string name;
    try {
        const int first = 0;
        name = option.get_validator(first)->get_name();
    } catch (const CLI::OptionNotFound&) {
        return words;  // it has none
    }
    if (name.rfind(words_mark, 0) != 0) return words;
    std::istringstream list{name.substr(std::string(words_mark).size())};
    for (std::string word; list >> word;) words.push_back(word);
    return words;
}

CLI::Validator given_path() {
    return {[](std::string& input) -> std::string { return input.empty() ? expected_instead("a path", input) : ""; }, ""};
}

}  // namespace knoll::apps

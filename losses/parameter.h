// How a loss describes itself: its name, its source, and its parameters, each tied to a member of its options. From this
// come the checks of its constructor, its parsing from "name:key=value", and its line in the registry.
#pragma once

#include <knoll/core/error.h>
#include <knoll/losses/loss.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace knoll::losses {

/// The values that a parameter may take: finite, and in [low, high] or (low, high].
struct Range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool without_low = false;
    bool whole = false;

    bool contains(double value) const;
};

constexpr Range any_number{};
constexpr Range not_negative{.low = 0};
constexpr Range positive{.low = 0, .without_low = true};
constexpr Range zero_to_one{.low = 0, .high = 1};
constexpr Range whole_number{.low = 0, .high = std::numeric_limits<int>::max(), .whole = true};
constexpr Range zero_or_one{.low = 0, .high = 1, .whole = true};

/// "a finite number", "a number of at least 0", "a number in [0, 1]", "0 or 1".
std::string to_string(const Range& range);

template <class Options>
struct Parameter {
    std::string_view name;
    Range range;
    std::string_view meaning;
    std::string_view default_text;  ///< for one that may be left to the loss, which then reads as NaN
    double (*read)(const Options& options);
    void (*write)(Options& options, double value);
};

namespace detail {

template <class Options, class Member>
Options owner(Member Options::*);

}  // namespace detail

/// A parameter kept in a member of the options: a double, an int, a bool, or an optional double.
template <auto member>
auto parameter(std::string_view name, const Range& range, std::string_view meaning, std::string_view default_text = {}) {
    using Options = decltype(detail::owner(member));
    using Member = std::remove_cvref_t<decltype(std::declval<Options>().*member)>;
    return Parameter<Options>{
        .name = name,
        .range = range,
        .meaning = meaning,
        .default_text = default_text,
        .read = [](const Options& options) -> double {
            if constexpr (std::is_same_v<Member, std::optional<double>>)
                return (options.*member).value_or(std::numeric_limits<double>::quiet_NaN());
            else
                return options.*member;
        },
        .write = [](Options& options, double value) { options.*member = static_cast<Member>(value); },
    };
}

template <class Options>
struct Description {
    std::string_view name;
    TargetKind targets = TargetKind::binary;
    std::string_view meaning;
    std::string_view paper;
    std::vector<Parameter<Options>> parameters = {};
    bool of_batch = false;  ///< the value belongs to a whole batch: it has no parts, and Reduction::none is refused
};

/// Options that describe themselves: a static function about() gives their Description.
template <class Options>
concept Described = requires {
    Options::about().parameters;
};

/// Throws ValueError unless the parameter may take the value.
template <class Options>
void check_parameter(std::string_view loss, const Parameter<Options>& parameter, double value) {
    require<ValueError>(parameter.range.contains(value), "[", loss, "] expected for ", parameter.name, " ", parameter.range, ", got ", value);
}

/// The same for all of them.
template <class Options>
void check_parameters(const Options& options) {
    const auto about = Options::about();
    for (const auto& parameter : about.parameters) {
        const double value = parameter.read(options);
        const bool is_left_to_loss = !parameter.default_text.empty() && std::isnan(value);
        if (!is_left_to_loss) check_parameter(about.name, parameter, value);
    }
}

/// Text as a number. Throws ValueError unless all of it is one.
double parse_parameter(std::string_view loss, std::string_view parameter, std::string_view text);

}  // namespace knoll::losses

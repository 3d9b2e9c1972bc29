// What the values of options must be. Texts that are no number at all are refused with the same words as numbers out of range.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace knoll::apps {

/// The most of anything that is counted: sums and products of two such numbers do not overflow.
inline constexpr std::int64_t most_counted = 1'000'000'000;

/// To be given to transform().
CLI::Validator whole_number(std::int64_t lowest, std::int64_t highest = most_counted);

CLI::Validator not_negative();
CLI::Validator positive();
/// In [0, 1).
CLI::Validator below_one();
/// In [-1e6, 1e6].
CLI::Validator logit();
/// Suggests the nearest name.
CLI::Validator one_of(const std::vector<std::string>& names);
CLI::Validator given_path();

/// The names that one_of() lets an option take; none of an option without it.
std::vector<std::string> known_words(CLI::Option& option);

}  // namespace knoll::apps

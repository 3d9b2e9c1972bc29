// Long-tailed frequencies of classes, for sets that are composed class by class.
#pragma once

#include <cstdint>
#include <vector>

namespace knoll::data {

/// Relative frequencies of so many classes, from 1 down to the ratio (the rarest to the most frequent) in equal steps of their logarithm.
/// Which class has which rank is drawn from the seed. Throws ValueError on fewer than one class or a ratio outside (0, 1].
std::vector<double> long_tailed_frequencies(std::int64_t classes, double ratio, std::uint64_t seed);

enum class Shot : std::uint8_t { many, medium, few };

/// How classes of so many examples are called: many from a fifth of the most frequent class's count on, few below a twentieth of it.
std::vector<Shot> shots(const std::vector<std::int64_t>& counts);
/// The count from which a class has many, and the one below which it has few.
std::int64_t many_from(const std::vector<std::int64_t>& counts);
std::int64_t few_below(const std::vector<std::int64_t>& counts);

}  // namespace knoll::data

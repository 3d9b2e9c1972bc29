// Whole numbers of blocks.
#pragma once

#include <cstdint>

namespace knoll::kernels {

constexpr std::int64_t ceil_div(std::int64_t count, std::int64_t block) { return (count + block - 1) / block; }
constexpr std::int64_t round_up(std::int64_t count, std::int64_t block) { return ceil_div(count, block) * block; }

}  // namespace knoll::kernels

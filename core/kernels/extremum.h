// The largest and smallest elements, and where they stand, along the middle of [outer, reduced, inner]. NaN beats any number.
#pragma once

#include <cstdint>

namespace knoll::kernels {

enum class Extremum { largest, smallest };

/// out[o, i] = the extremum over r of x[o, r, i]; reduced is at least 1.
template <class T>
void extremum_middle(Extremum which, const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, T* out);

/// out[o, i] = the smallest r at which it stands.
template <class T>
void extremum_index(Extremum which, const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, std::int64_t* out);

}  // namespace knoll::kernels

// The softmax family over rows of [rows, count]. Each subtracts the row's largest element before it takes exponentials,
// so that none overflows and at least one is 1; where that element is infinite, nothing is subtracted, and infinities
// run their course: a row of -inf alone has a sum of 0, one with +inf a sum of +inf.
#pragma once

#include <cstdint>

namespace knoll::kernels {

/// out[r, i] = exp(x[r, i]) / sum of exp(x[r, :]). Undefined, and so NaN: a row of -inf alone, and +inf itself.
template <class T>
void softmax(const T* x, std::int64_t rows, std::int64_t count, T* out);

/// The logarithm of that, without the rounding to 0 of small probabilities. NaN in the same places.
template <class T>
void log_softmax(const T* x, std::int64_t rows, std::int64_t count, T* out);

/// out[r] = log(sum of exp(x[r, :])): -inf for an empty row and one of -inf alone, +inf for one with +inf.
template <class T>
void logsumexp(const T* x, std::int64_t rows, std::int64_t count, T* out);

}  // namespace knoll::kernels

#include <knoll/core/kernels/math.h>
#include <knoll/core/kernels/reduce.h>
#include <knoll/core/kernels/softmax.h>

#include <limits>

namespace knoll::kernels {

namespace {

template <class T>
inline T shift_of(const T* x, std::int64_t count) {
    const T largest = detail::reduce_row<Largest<T>>(x, count);
    return abs(largest) < std::numeric_limits<T>::infinity() ? largest : T(0);
}

template <class T>
inline void shifted_exp(const T* x, T shift, std::int64_t count, T* out) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = exp(x[i] - shift);
}

template <class T>
inline T sum_of_exp(const T* x, T shift, std::int64_t count) {
    constexpr std::int64_t block = 256;
    std::array<T, block> exps;
    double total = 0;
    for (std::int64_t begin = 0; begin < count; begin += block) {
        const std::int64_t n = begin + block < count ? block : count - begin;
        shifted_exp(x + begin, shift, n, exps.data());
        total += detail::reduce_row<Sum<T>>(exps.data(), n);
    }
    return static_cast<T>(total);
}

// Calls body(r) for every row, vectorised and in parallel.
template <class Body>
void for_rows(std::int64_t rows, std::int64_t count, const Body& body) {
    const std::int64_t grain = std::max<std::int64_t>(1, detail::reduce_chunk / 4 / std::max<std::int64_t>(count, 1));
    parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
        run_vectorized([=, &body] {
            for (std::int64_t r = begin; r < end; ++r) body(r);
        });
    });
}

}  // namespace

template <class T>
void softmax(const T* x, std::int64_t rows, std::int64_t count, T* out) {
    for_rows(rows, count, [=](std::int64_t r) {
        const T* from = x + r * count;
        T* into = out + r * count;
        shifted_exp(from, shift_of(from, count), count, into);
        const T scale = T(1) / static_cast<T>(detail::reduce_row<Sum<T>>(into, count));
        for (std::int64_t i = 0; i < count; ++i) into[i] *= scale;
    });
}

template <class T>
void log_softmax(const T* x, std::int64_t rows, std::int64_t count, T* out) {
    for_rows(rows, count, [=](std::int64_t r) {
        const T* from = x + r * count;
        T* into = out + r * count;
        const T shift = shift_of(from, count);
        const T log_sum = log(sum_of_exp(from, shift, count));
        for (std::int64_t i = 0; i < count; ++i) into[i] = (from[i] - shift) - log_sum;
    });
}

template <class T>
void logsumexp(const T* x, std::int64_t rows, std::int64_t count, T* out) {
    for_rows(rows, count, [=](std::int64_t r) {
        const T* from = x + r * count;
        const T shift = shift_of(from, count);
        out[r] = shift + log(sum_of_exp(from, shift, count));
    });
}

template void softmax(const float*, std::int64_t, std::int64_t, float*);
template void softmax(const double*, std::int64_t, std::int64_t, double*);
template void log_softmax(const float*, std::int64_t, std::int64_t, float*);
template void log_softmax(const double*, std::int64_t, std::int64_t, double*);
template void logsumexp(const float*, std::int64_t, std::int64_t, float*);
template void logsumexp(const double*, std::int64_t, std::int64_t, double*);

}  // namespace knoll::kernels

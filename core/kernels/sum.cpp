#include <knoll/core/kernels/reduce.h>
#include <knoll/core/kernels/sum.h>

namespace knoll::kernels {

template <class T>
void sum_middle(const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, T* out) {
    reduce_middle<Sum<T>>(x, outer, reduced, inner, out);
}

template <class T>
void mean_middle(const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, T* out) {
    reduce_middle<Sum<T>>(x, outer, reduced, inner, out, [count = static_cast<double>(reduced)](double total) { return total / count; });
}

template void sum_middle(const float*, std::int64_t, std::int64_t, std::int64_t, float*);
template void sum_middle(const double*, std::int64_t, std::int64_t, std::int64_t, double*);
template void sum_middle(const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);
template void mean_middle(const float*, std::int64_t, std::int64_t, std::int64_t, float*);
template void mean_middle(const double*, std::int64_t, std::int64_t, std::int64_t, double*);

}  // namespace knoll::kernels

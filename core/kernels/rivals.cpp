#include <knoll/core/kernels/math.h>
#include <knoll/core/kernels/reduce.h>
#include <knoll/core/kernels/rivals.h>
#include <knoll/core/kernels/scratch.h>

namespace knoll::kernels {

namespace {

// The rivals' logits minus the largest of them, which is returned; -infinity for the own class.
template <class T>
inline T shift_row(const T* logits, std::int64_t own, std::int64_t classes, T* shifted) {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    for (std::int64_t k = 0; k < classes; ++k) shifted[k] = logits[k];
    shifted[own] = -infinity;
    const T largest = detail::reduce_row<Largest<T>>(shifted, classes);
    const T shift = largest > -infinity ? largest : T(0);
    for (std::int64_t k = 0; k < classes; ++k) shifted[k] -= shift;
    return shift;
}

// Each row on its own, but for the exponentials: rows may be short, and a loop over all of them is not.
template <class T>
inline void exponentiate(T* shifted, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) shifted[i] = exp_of_negative(shifted[i]);
}

// The same, and the products with the exponents. What is infinitely far off counts 0.
template <class T>
inline void exponentiate(T* shifted, std::int64_t count, T* products) {
    for (std::int64_t i = 0; i < count; ++i) {
        const T distance = shifted[i];
        const T e = exp_of_negative(distance);
        shifted[i] = e;
        products[i] = e > T(0) ? e * distance : T(0);
    }
}

inline double inverse_or_zero(double total) { return total > 0 ? 1 / total : 0; }

}  // namespace

template <class T>
void rival_statistics(const RivalRows<T>& rows, const RivalStatistics& statistics, T* exps) {
    const Scratch<T> scratch(rows.with_entropy ? rows.count * rows.classes : 0);
    run_vectorized([rows, to = statistics, exps, products = scratch.data()] {
        const std::int64_t classes = rows.classes;
        for (std::int64_t r = 0; r < rows.count; ++r) {
            const T* logits = rows.logits + r * classes;
            to.largest[r] = static_cast<double>(shift_row(logits, rows.own[r], classes, exps + r * classes));
            to.opposing[r] = to.largest[r] - static_cast<double>(logits[rows.own[r]]);
        }
        if (rows.with_entropy)
            exponentiate(exps, rows.count * classes, products);
        else
            exponentiate(exps, rows.count * classes);
        constexpr double infinity = std::numeric_limits<double>::infinity();
        for (std::int64_t r = 0; r < rows.count; ++r) {
            const double total = detail::reduce_row<Sum<T>>(exps + r * classes, classes);
            to.total[r] = to.largest[r] < infinity ? total : infinity;
            to.moment[r] = rows.with_entropy ? detail::reduce_row<Sum<T>>(products + r * classes, classes) * inverse_or_zero(total) : 0;
        }
        for (std::int64_t r = 0; r < rows.count; ++r) {
            const double log_total = log(to.total[r]);
            to.opposing[r] += log_total;
            // Of rivals that are infinitely far above or below there is none.
            to.entropy[r] = abs(log_total) < infinity ? log_total - to.moment[r] : std::numeric_limits<double>::quiet_NaN();
        }
    });
}

template <class T>
void rival_gradient(const RivalRows<T>& rows, const RivalStatistics& statistics, const double* by_opposing, const double* by_entropy, T* exps) {
    run_vectorized([rows, from = statistics, by_opposing, by_entropy, exps] {
        const std::int64_t classes = rows.classes;
        for (std::int64_t r = 0; r < rows.count; ++r) {
            const T* logits = rows.logits + r * classes;
            T* gradient = exps + r * classes;
            const double inverse = inverse_or_zero(from.total[r]);
            if (rows.with_entropy) {
                // log P + entropy = (z - largest) - moment
                const T constant = static_cast<T>(inverse * (by_opposing[r] + by_entropy[r] * from.moment[r]));
                const T slope = static_cast<T>(inverse * by_entropy[r]);
                const T largest = static_cast<T>(from.largest[r]);
                for (std::int64_t k = 0; k < classes; ++k) {
                    const T e = gradient[k];
                    gradient[k] = e > T(0) ? e * (constant - slope * (logits[k] - largest)) : T(0);
                }
            } else {
                const T factor = static_cast<T>(inverse * by_opposing[r]);
                for (std::int64_t k = 0; k < classes; ++k) gradient[k] *= factor;
            }
            gradient[rows.own[r]] = static_cast<T>(0 - by_opposing[r]);  // which is never -0
        }
    });
}

template <class T>
void weighted_margins(const RivalRows<T>& rows, const T* weights, double* margins) {
    const Scratch<T> scratch(rows.classes);
    run_vectorized([rows, weights, margins, terms = scratch.data()] {
        for (std::int64_t r = 0; r < rows.count; ++r) {
            const T* logits = rows.logits + r * rows.classes;
            const T half = T(0.5) * logits[rows.own[r]];  // halves: the difference of two large logits may overflow
            for (std::int64_t k = 0; k < rows.classes; ++k) terms[k] = weights[k] * (half - T(0.5) * logits[k]);
            margins[r] = 2 * detail::reduce_row<Sum<T>>(terms, rows.classes);
        }
    });
}

template <class T>
void add_margin_gradient(const RivalRows<T>& rows, const T* weights, double total, const double* by_margin, T* gradient) {
    run_vectorized([rows, weights, total, by_margin, gradient] {
        for (std::int64_t r = 0; r < rows.count; ++r) {
            T* into = gradient + r * rows.classes;
            const T factor = static_cast<T>(by_margin[r]);
            for (std::int64_t k = 0; k < rows.classes; ++k) into[k] -= factor * weights[k];
            into[rows.own[r]] += static_cast<T>(by_margin[r] * total);
        }
    });
}

template void rival_statistics(const RivalRows<float>&, const RivalStatistics&, float*);
template void rival_statistics(const RivalRows<double>&, const RivalStatistics&, double*);
template void rival_gradient(const RivalRows<float>&, const RivalStatistics&, const double*, const double*, float*);
template void rival_gradient(const RivalRows<double>&, const RivalStatistics&, const double*, const double*, double*);
template void weighted_margins(const RivalRows<float>&, const float*, double*);
template void weighted_margins(const RivalRows<double>&, const double*, double*);
template void add_margin_gradient(const RivalRows<float>&, const float*, double, const double*, float*);
template void add_margin_gradient(const RivalRows<double>&, const double*, double, const double*, double*);

}  // namespace knoll::kernels

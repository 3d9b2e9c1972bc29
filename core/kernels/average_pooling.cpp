// A window is a range of rows times a range of columns, so its sum is taken in two steps: rows are added into one line, which
// vectorises for any window, then ranges of that line. The adjoint goes the same way back.
#include <knoll/core/kernels/pooling.h>
#include <knoll/core/kernels/scratch.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/parallel.h>

#include <algorithm>

namespace knoll::kernels {

namespace {

std::int64_t planes_per_chunk(const AveragePooling& pooling) {
    return std::max<std::int64_t>(1, elements_per_chunk / std::max<std::int64_t>(1, pooling.in.height * pooling.in.width));
}

template <class T>
void add(const T* from, std::int64_t count, T* into) {
    for (std::int64_t k = 0; k < count; ++k) into[k] += from[k];
}

template <class T>
void clear(T* into, std::int64_t count) {
    for (std::int64_t k = 0; k < count; ++k) into[k] = T(0);
}

// One output row from the sums of each column over its window of input rows.
template <class T>
void sum_columns(const AveragePooling& pooling, const T* line, std::int64_t row_divisor, T* out) {
    for (std::size_t k = 0; k < pooling.columns.size(); ++k) {
        const Window& window = pooling.columns[k];
        T total = 0;
        for (std::int64_t column = window.begin; column < window.end; ++column) total += line[column];
        out[k] = total / static_cast<T>(row_divisor * window.divisor);
    }
}

template <class T>
void spread_columns(const AveragePooling& pooling, const T* out, std::int64_t row_divisor, T* line) {
    for (std::size_t k = 0; k < pooling.columns.size(); ++k) {
        const Window& window = pooling.columns[k];
        const T share = out[k] / static_cast<T>(row_divisor * window.divisor);
        for (std::int64_t column = window.begin; column < window.end; ++column) line[column] += share;
    }
}

}  // namespace

template <class T>
void average_pool(const AveragePooling& pooling, const T* x, T* out) {
    const std::int64_t width = pooling.out().width;
    const std::int64_t pixels = pooling.in.height * pooling.in.width, positions = pooling.out().height * width;
    parallel_for(pooling.planes, planes_per_chunk(pooling), [&](std::int64_t begin, std::int64_t end) {
        const Scratch<T> line(pooling.in.width);
        run_vectorized([&] {
            for (std::int64_t plane = begin; plane < end; ++plane)
                for (std::size_t y = 0; y < pooling.rows.size(); ++y) {
                    const Window& window = pooling.rows[y];
                    clear(line.data(), pooling.in.width);
                    for (std::int64_t row = window.begin; row < window.end; ++row)
                        add(x + plane * pixels + row * pooling.in.width, pooling.in.width, line.data());
                    sum_columns(pooling, line.data(), window.divisor, out + plane * positions + static_cast<std::int64_t>(y) * width);
                }
        });
    });
}

template <class T>
void average_pool_adjoint(const AveragePooling& pooling, const T* out, T* x) {
    const std::int64_t width = pooling.out().width;
    const std::int64_t pixels = pooling.in.height * pooling.in.width, positions = pooling.out().height * width;
    parallel_for(pooling.planes, planes_per_chunk(pooling), [&](std::int64_t begin, std::int64_t end) {
        const Scratch<T> line(pooling.in.width);
        run_vectorized([&] {
            clear(x + begin * pixels, (end - begin) * pixels);
            for (std::int64_t plane = begin; plane < end; ++plane)
                for (std::size_t y = 0; y < pooling.rows.size(); ++y) {
                    const Window& window = pooling.rows[y];
                    clear(line.data(), pooling.in.width);
                    spread_columns(pooling, out + plane * positions + static_cast<std::int64_t>(y) * width, window.divisor, line.data());
                    for (std::int64_t row = window.begin; row < window.end; ++row)
                        add(line.data(), pooling.in.width, x + plane * pixels + row * pooling.in.width);
                }
        });
    });
}

template void average_pool(const AveragePooling&, const float*, float*);
template void average_pool(const AveragePooling&, const double*, double*);
template void average_pool_adjoint(const AveragePooling&, const float*, float*);
template void average_pool_adjoint(const AveragePooling&, const double*, double*);

}  // namespace knoll::kernels

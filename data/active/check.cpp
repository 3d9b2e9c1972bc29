#include <knoll/data/active/check.h>

#include <cmath>

namespace knoll::data::active {

void check_count(const std::string& strategy, std::int64_t count, std::int64_t pool) {
    require<ValueError>(count >= 0 && count <= pool, "[", strategy, "] expected a count from 0 to the ", pool, " examples of the pool, got ", count);
}

void check_matrix(const std::string& strategy, const std::string& what, const Tensor& matrix) {
    require<DTypeError>(is_floating(matrix.dtype()), "[", strategy, "] expected ", what, " of f32 or f64, got ", matrix.dtype());
    require<ShapeError>(matrix.rank() == 2, "[", strategy, "] expected ", what, ", got shape ", matrix.shape());
    visit_floating("check_matrix", matrix.dtype(), [&](auto zero) {
        const auto values = matrix.data<decltype(zero)>();
        for (std::size_t i = 0; i < values.size(); ++i)
            require<ValueError>(std::isfinite(values[i]), "[", strategy, "] expected finite ", what, ", got ", values[i], " at index ",
                                Shape{static_cast<std::int64_t>(i) / matrix.size(1), static_cast<std::int64_t>(i) % matrix.size(1)});
    });
}

}  // namespace knoll::data::active

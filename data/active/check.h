// What every strategy refuses.
#pragma once

#include <knoll/core/tensor.h>

#include <string>

namespace knoll::data::active {

/// Throws ValueError unless 0 <= count <= pool.
void check_count(const std::string& strategy, std::int64_t count, std::int64_t pool);
/// Throws ShapeError or DTypeError unless it is a matrix of f32 or f64; ValueError, naming the index, if an element is not finite.
void check_matrix(const std::string& strategy, const std::string& what, const Tensor& matrix);

}  // namespace knoll::data::active

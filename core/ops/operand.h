// Plain numbers as operands of ops. For those who write ops.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

/// The number as a scalar tensor beside a: of a's type, or f32 where a holds integers and the number is none. Throws ValueError naming the
/// op for an integer that a's type cannot hold.
Tensor operand_beside(const char* op, const PlainNumber& number, const Tensor& a);

}  // namespace knoll

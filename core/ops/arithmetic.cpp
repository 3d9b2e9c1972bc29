#include <knoll/core/kernels/map.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/operand.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>
#include <knoll/core/storage.h>

namespace knoll {

namespace {

struct Add {
    template <class T>
    T operator()(T a, T b) const {
        return static_cast<T>(a + b);
    }
};
struct Subtract {
    template <class T>
    T operator()(T a, T b) const {
        return static_cast<T>(a - b);
    }
};
struct Multiply {
    template <class T>
    T operator()(T a, T b) const {
        return static_cast<T>(a * b);
    }
};
struct Divide {
    template <class T>
    T operator()(T a, T b) const {
        return static_cast<T>(a / b);
    }
};

template <class F>
Tensor values(const char* op, const Tensor& a, const Tensor& b, F f) {
    Tensor out = empty(broadcast_shapes(op, a.shape(), b.shape()), a.dtype());
    visit(a.dtype(), [&](auto zero) { kernels::map_binary<decltype(zero), decltype(zero)>(a, b, out, f); });
    return out;
}

// Brings both operands to their common type.
template <class Op>
Tensor with_common_type(const Tensor& a, const Tensor& b, Op op, bool floating = false) {
    DType common = promote(a.dtype(), b.dtype());
    if (floating && !is_floating(common)) common = DType::f32;
    return op(a.to(common), b.to(common));
}

Tensor add(const Tensor& a, const Tensor& b) {
    const auto pass = [](const Tensor& g) { return g; };
    return record("add", values("add", a, b, Add{}), gradient(a, pass), gradient(b, pass));
}

Tensor subtract(const Tensor& a, const Tensor& b) {
    return record("subtract", values("subtract", a, b, Subtract{}), gradient(a, [](const Tensor& g) { return g; }),
                  gradient(b, [](const Tensor& g) { return -g; }));
}

Tensor multiply(const Tensor& a, const Tensor& b) {
    return record("multiply", values("multiply", a, b, Multiply{}), gradient(a, [b = Saved(b)](const Tensor& g) { return g * b; }),
                  gradient(b, [a = Saved(a)](const Tensor& g) { return g * a; }));
}

Tensor divide(const Tensor& a, const Tensor& b) {
    return record("divide", values("divide", a, b, Divide{}), gradient(a, [b = Saved(b)](const Tensor& g) { return g / b; }),
                  gradient(b, [b = Saved(b)](const Tensor& g, const Tensor& quotient) { return -g * quotient / b; }));
}

}  // namespace

Tensor operand_beside(const char* op, const PlainNumber& number, const Tensor& a) {
    if (is_floating(a.dtype()) || !number.is_integer()) return scalar(number, is_floating(a.dtype()) ? a.dtype() : DType::f32);
    const bool fits = a.dtype() == DType::i64 || number.visit([](auto value) { return value >= 0 && value <= 255; });
    require<ValueError>(fits, "[", op, "] expected an integer within the range of the tensor's type ", a.dtype(), ", got ", number,
                        "; convert the tensor with .to(DType::i64)");
    return scalar(number, a.dtype());
}

Tensor operator+(const Tensor& a, const Tensor& b) { return with_common_type(a, b, add); }
Tensor operator-(const Tensor& a, const Tensor& b) { return with_common_type(a, b, subtract); }
Tensor operator*(const Tensor& a, const Tensor& b) { return with_common_type(a, b, multiply); }
Tensor operator/(const Tensor& a, const Tensor& b) { return with_common_type(a, b, divide, true); }
Tensor operator+(const Tensor& a, PlainNumber b) { return a + operand_beside("+", b, a); }
Tensor operator-(const Tensor& a, PlainNumber b) { return a - operand_beside("-", b, a); }
Tensor operator*(const Tensor& a, PlainNumber b) { return a * operand_beside("*", b, a); }
Tensor operator/(const Tensor& a, PlainNumber b) { return a / operand_beside("/", b, a); }
Tensor operator+(PlainNumber a, const Tensor& b) { return operand_beside("+", a, b) + b; }
Tensor operator-(PlainNumber a, const Tensor& b) { return operand_beside("-", a, b) - b; }
Tensor operator*(PlainNumber a, const Tensor& b) { return operand_beside("*", a, b) * b; }
Tensor operator/(PlainNumber a, const Tensor& b) { return operand_beside("/", a, b) / b; }

Tensor operator-(const Tensor& a) {
    Tensor out = empty(a.shape(), a.dtype());
    visit(a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::map_unary(a.data<T>().data(), out.fresh_data<T>(), a.numel(), [](T x) { return static_cast<T>(-x); });
    });
    return record("negate", std::move(out), gradient(a, [](const Tensor& g) { return -g; }));
}

namespace {

template <class F>
Tensor& in_place(Tensor& a, const Tensor& other, const char* op, F f) {
    require<ShapeError>(broadcast_shapes(op, a.shape(), other.shape()) == a.shape(), "[", op, "] expected an operand that broadcasts to ", a.shape(), ", got ",
                        other.shape());
    require<DTypeError>(is_floating(a.dtype()) || !is_floating(other.dtype()), "[", op, "] expected an operand of integers for a tensor of ", a.dtype(),
                        ", got ", other.dtype(), "; convert the tensor with .to(DType::", other.dtype(), ")");
    require_no_gradient_lost(op, other);
    const Tensor operand = other.detach().to(a.dtype());
    const Tensor before = a.detach();
    visit(a.dtype(), [&](auto zero) {
        a.mutable_data<decltype(zero)>();  // checks that a may change, and counts it
        kernels::map_binary<decltype(zero), decltype(zero)>(before, operand, a, f);
    });
    return a;
}

// Division of integers has a result of another type, which there is no room for.
Tensor& divide_in_place(Tensor& a, const Tensor& other) {
    require<DTypeError>(is_floating(a.dtype()), "[/=] expected a tensor of f32 or f64, got ", a.dtype(), "; write x = x / y");
    return in_place(a, other, "/=", Divide{});
}

// A tensor of integers has no room for what a floating-point number makes of it.
Tensor operand_for(const Tensor& a, const PlainNumber& number, const char* op) {
    require<DTypeError>(is_floating(a.dtype()) || number.is_integer(), "[", op, "] expected an integer for a tensor of ", a.dtype(),
                        ", got the floating-point number ", number, "; convert the tensor with .to(DType::f32)");
    return operand_beside(op, number, a);
}

}  // namespace

Tensor& Tensor::operator+=(const Tensor& other) { return in_place(*this, other, "+=", Add{}); }
Tensor& Tensor::operator-=(const Tensor& other) { return in_place(*this, other, "-=", Subtract{}); }
Tensor& Tensor::operator*=(const Tensor& other) { return in_place(*this, other, "*=", Multiply{}); }
Tensor& Tensor::operator/=(const Tensor& other) { return divide_in_place(*this, other); }
Tensor& Tensor::operator+=(PlainNumber number) { return *this += operand_for(*this, number, "+="); }
Tensor& Tensor::operator-=(PlainNumber number) { return *this -= operand_for(*this, number, "-="); }
Tensor& Tensor::operator*=(PlainNumber number) { return *this *= operand_for(*this, number, "*="); }
Tensor& Tensor::operator/=(PlainNumber number) { return divide_in_place(*this, operand_beside("/=", number, *this)); }

Tensor broadcast_to(const Tensor& a, const Shape& shape) {
    require_extents("broadcast_to", shape);
    require<ShapeError>(broadcast_shapes("broadcast_to", a.shape(), shape) == shape, "[broadcast_to] expected a shape that broadcasts to ", shape, ", got ",
                        a.shape());
    if (a.shape() == shape) return a;
    Tensor out = empty(shape, a.dtype());
    visit(a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::map_binary<T, T>(a.detach(), knoll::scalar(0, a.dtype()), out, [](T x, T) { return x; });
    });
    return record("broadcast_to", std::move(out), gradient(a, [](const Tensor& g) { return g; }));
}

Tensor sum_to(const Tensor& a, const Shape& shape) {
    require<ShapeError>(broadcast_shapes("sum_to", a.shape(), shape) == a.shape(), "[sum_to] expected a shape that broadcasts to ", a.shape(), ", got ", shape);
    if (a.shape() == shape) return a;
    Dims dims;
    const std::int64_t leading = a.rank() - shape.rank();
    for (std::int64_t i = 0; i < a.rank(); ++i)
        if (i < leading || (shape[i - leading] == 1 && a.shape()[i] != 1)) dims.push_back(i);
    const Tensor summed = dims.empty() ? a : sum(a, dims);
    return reshape(summed, shape);
}

}  // namespace knoll

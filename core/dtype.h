// The element types of a tensor.
#pragma once

#include <knoll/core/error.h>

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <type_traits>
#include <utility>

namespace knoll {

enum class DType : std::uint8_t { f32, f64, i64, u8 };

/// "f32", "f64", "i64" or "u8".
std::string to_string(DType dtype);
std::ostream& operator<<(std::ostream& out, DType dtype);
/// Bytes per element.
std::size_t size_of(DType dtype);
/// True for f32 and f64: the types that gradients flow through.
constexpr bool is_floating(DType dtype) { return dtype == DType::f32 || dtype == DType::f64; }
/// The type of a result that mixes two: u8 < i64 < f32 < f64.
DType promote(DType a, DType b);

template <class T>
constexpr DType dtype_of() {
    if constexpr (std::is_same_v<T, float>)
        return DType::f32;
    else if constexpr (std::is_same_v<T, double>)
        return DType::f64;
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return DType::i64;
    else {
        static_assert(std::is_same_v<T, std::uint8_t>, "a tensor holds float, double, std::int64_t or std::uint8_t");
        return DType::u8;
    }
}

/// Calls f with a zero of the C++ type that dtype stands for: visit(t.dtype(), [&](auto zero) { using T = decltype(zero); ... }).
template <class F>
decltype(auto) visit(DType dtype, F&& f) {
    switch (dtype) {
        case DType::f32:
            return std::forward<F>(f)(float{});
        case DType::f64:
            return std::forward<F>(f)(double{});
        case DType::i64:
            return std::forward<F>(f)(std::int64_t{});
        case DType::u8:
            break;
    }
    return std::forward<F>(f)(std::uint8_t{});
}

/// The same for f32 and f64 alone; throws DTypeError naming the op otherwise.
template <class F>
decltype(auto) visit_floating(const char* op, DType dtype, F&& f) {
    require<DTypeError>(is_floating(dtype), "[", op, "] expected f32 or f64, got ", dtype, "; convert with .to(DType::f32)");
    if (dtype == DType::f64) return std::forward<F>(f)(double{});
    return std::forward<F>(f)(float{});
}

}  // namespace knoll

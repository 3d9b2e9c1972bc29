// A plain number beside a tensor, which remembers whether it was written as an integer.
#pragma once

#include <knoll/core/error.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace knoll {

/// Made from any integer or floating-point number where a tensor's operand is expected. The kind decides on the type of a result: an
/// integer keeps a tensor of integers what it is.
class PlainNumber {
public:
    /// Throws ValueError on an integer beyond the range of i64.
    template <std::integral Integer>
    PlainNumber(Integer value) : is_integer_(true), integer_(static_cast<std::int64_t>(value)) {
        if constexpr (!std::same_as<Integer, bool>)
            require<ValueError>(std::in_range<std::int64_t>(value), "[number] expected an integer within the range of i64, got ", value,
                                "; write it as a floating-point number");
    }
    template <std::floating_point Floating>
    PlainNumber(Floating value) : floating_(static_cast<double>(value)) {}

    bool is_integer() const { return is_integer_; }

    /// Calls f with the number as an std::int64_t or as a double.
    template <class F>
    decltype(auto) visit(F&& f) const {
        return is_integer_ ? std::forward<F>(f)(integer_) : std::forward<F>(f)(floating_);
    }

private:
    bool is_integer_ = false;
    std::int64_t integer_ = 0;
    double floating_ = 0;
};

/// The digits of an integer; the shortest that read back as the same number otherwise.
inline std::string to_string(const PlainNumber& number) {
    return number.visit([](auto value) { return text(value); });
}

}  // namespace knoll

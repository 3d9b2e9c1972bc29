// Plain text from mixed parts, for error messages and logs. Locale-free.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace knoll {

inline void append_text(std::string& out, std::string_view part) { out += part; }
inline void append_text(std::string& out, const char* part) { out += part; }
inline void append_text(std::string& out, const std::string& part) { out += part; }
inline void append_text(std::string& out, char part) { out += part; }
inline void append_text(std::string& out, bool part) { out += part ? "true" : "false"; }
/// The shortest decimal digits that read back as the same number.
void append_text(std::string& out, double part);
void append_text(std::string& out, float part);

template <std::integral Integer>
void append_text(std::string& out, Integer part) {
    out += std::to_string(part);
}

/// Anything with a to_string found beside its type: shapes, dtypes.
template <class Part>
requires requires(const Part& part) {
    { to_string(part) } -> std::convertible_to<std::string>;
}
void append_text(std::string& out, const Part& part) { out += to_string(part); }

/// Joins parts: text("expected ", 3, " values").
template <class... Parts>
std::string text(const Parts&... parts) {
    std::string out;
    (append_text(out, parts), ...);
    return out;
}

}  // namespace knoll

#include <knoll/core/text.h>

#include <array>
#include <charconv>
#include <cmath>

namespace knoll {

namespace {

template <class Number>
void append_shortest(std::string& out, Number number) {
    if (std::isnan(number)) {  // whose sign means nothing
        out += "nan";
        return;
    }
    std::array<char, 40> digits{};
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), result.ptr);
}

}  // namespace

void append_text(std::string& out, double part) { append_shortest(out, part); }
void append_text(std::string& out, float part) { append_shortest(out, part); }

}  // namespace knoll

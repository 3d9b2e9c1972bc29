#include <knoll/data/readers/text_lines.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace knoll::data {

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view take_word(std::string_view& rest) {
    rest = trim(rest);
    const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
}

std::string shown(std::string_view field) {
    constexpr std::size_t longest = 32;
    std::string text = "'";
    for (const char c : field.substr(0, longest)) text += c >= ' ' && c <= '~' ? c : '?';
    return text + (field.size() > longest ? "...'" : "'");
}

TextLines::TextLines(std::string format, std::string path, std::string_view text) : format_(std::move(format)), path_(std::move(path)), text_(text) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text_.starts_with(byte_order_mark)) after_ = byte_order_mark.size();
}

bool TextLines::next() {
    while (after_ < text_.size()) {
        start_ = after_;
        const std::size_t end = std::min(text_.find('\n', start_), text_.size());
        line_ = trim(text_.substr(start_, end - start_));
        after_ = end + 1;
        ++number_;
        if (!line_.empty() && line_.front() != '%') return true;
    }
    line_ = {};
    start_ = text_.size();
    return false;
}

float TextLines::number(std::string_view field) const {
    std::string_view digits = trim(field);
    require(digits != "?", "expected a number, got '?'; fill in missing values first");
    if (digits.size() > 1 && digits.front() == '+' && digits[1] != '-') digits.remove_prefix(1);
    double value = 0.0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = problem == std::errc{} && end == digits.data() + digits.size() && digits.data() != end;
    require(whole && std::abs(value) <= double{std::numeric_limits<float>::max()}, "expected a number, got ", shown(field));
    return static_cast<float>(value);
}

}  // namespace knoll::data

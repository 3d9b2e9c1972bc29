#include <knoll/core/files/text_cursor.h>

namespace knoll {

namespace {

constexpr std::size_t largest_rank = 64;  // NumPy's limit

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

char TextCursor::next(std::string_view what) {
    require(!at_end(), "expected ", what, ", got the end of the header");
    return text_[position_++];
}

void TextCursor::skip_spaces() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++position_;
}

bool TextCursor::take(char wanted) {
    skip_spaces();
    if (at_end() || peek() != wanted) return false;
    ++position_;
    return true;
}

void TextCursor::expect(char wanted) { require(take(wanted), "expected '", wanted, "', got ", here()); }

bool TextCursor::take_word(std::string_view word) {
    skip_spaces();
    if (text_.substr(position_, word.size()) != word) return false;
    position_ += word.size();
    return true;
}

std::uint64_t TextCursor::natural(std::string_view what) {
    skip_spaces();
    require(is_digit(peek()), "expected ", what, ", got ", here());
    const bool leading_zero = peek() == '0';
    std::int64_t number = 0;
    std::size_t digits = 0;
    for (; is_digit(peek()); ++position_, ++digits)
        require(!__builtin_mul_overflow(number, 10, &number) && !__builtin_add_overflow(number, peek() - '0', &number), "expected ", what,
                " of at most 2^63 - 1, got a larger number");
    require(!leading_zero || digits == 1, "expected ", what, " without leading zeros, got one that begins with 0");
    return static_cast<std::uint64_t>(number);
}

std::vector<std::uint64_t> TextCursor::naturals(char close, NumberList list, std::string_view what) {
    std::vector<std::uint64_t> numbers;
    if (take(close)) return numbers;
    while (true) {
        require(numbers.size() < largest_rank, "expected at most ", largest_rank, " numbers, got more");
        numbers.push_back(natural(what));
        if (list == NumberList::of_python && peek() == 'L') ++position_;
        if (take(close)) return numbers;
        expect(',');
        if (list == NumberList::of_python && take(close)) return numbers;
    }
}

std::string TextCursor::here() const {
    if (at_end()) return "the end of the header";
    const auto code = static_cast<unsigned char>(peek());
    if (code < 0x20 || code > 0x7e) return text("byte ", static_cast<int>(code));
    return text('\'', peek(), '\'');
}

}  // namespace knoll

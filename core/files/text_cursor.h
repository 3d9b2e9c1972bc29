// A cursor over the text of a file's header: what the parsers of npy and safetensors headers share.
#pragma once

#include <knoll/core/error.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace knoll {

/// How a list of numbers may be written: bare, or as Python writes a tuple, with a comma behind the last number if it likes, and in
/// Python 2 with an L behind long ones.
enum class NumberList { plain, of_python };

class TextCursor {
public:
    /// origin is the offset of the text within the file, for error texts.
    TextCursor(std::string format, std::string path, std::string_view text, std::size_t origin)
        : format_(std::move(format)), path_(std::move(path)), text_(text), origin_(origin) {}

    bool at_end() const { return position_ == text_.size(); }
    /// The next character, '\0' at the end.
    char peek() const { return at_end() ? '\0' : text_[position_]; }
    char next(std::string_view what);
    /// Skips spaces, tabs and line ends.
    void skip_spaces();
    /// Steps over the character, and spaces before it, if it is the next.
    bool take(char wanted);
    void expect(char wanted);
    /// Steps over the word if it is next.
    bool take_word(std::string_view word);
    /// Decimal digits without a leading zero, at most 2^63 - 1.
    std::uint64_t natural(std::string_view what);
    /// natural, natural, ... up to a closing bracket, which is stepped over.
    std::vector<std::uint64_t> naturals(char close, NumberList list, std::string_view what);

    template <class... Parts>
    void require(bool condition, const Parts&... parts) const {
        if (!condition) [[unlikely]]
            fail(parts...);
    }
    template <class... Parts>
    [[noreturn]] void fail(const Parts&... parts) const {
        knoll::fail<FileError>("[", format_, "] ", path_, ", offset ", origin_ + position_, ": ", parts...);
    }
    /// What stands here, for error texts: a character in quotes, or the end.
    std::string here() const;

private:
    std::string format_;
    std::string path_;
    std::string_view text_;
    std::size_t origin_;
    std::size_t position_ = 0;
};

}  // namespace knoll

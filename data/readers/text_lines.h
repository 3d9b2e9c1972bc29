// A text file line by line, without blank lines and comments, and with the place of every line for error texts.
#pragma once

#include <knoll/core/error.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace knoll::data {

/// Without spaces, tabs and carriage returns at both ends.
std::string_view trim(std::string_view text);
/// The part before the first space or tab after any that it begins with; the rest loses it.
std::string_view take_word(std::string_view& rest);
/// A field in quotes for error texts: shortened, unprintable characters replaced.
std::string shown(std::string_view field);

class TextLines {
public:
    /// The format names the reader in error texts. The text must outlive this object; a copy goes on by itself. A byte order mark before the
    /// text is passed over.
    TextLines(std::string format, std::string path, std::string_view text);

    /// Moves to the next line that says something; false at the end.
    bool next();
    /// The present line, trimmed.
    std::string_view line() const { return line_; }
    /// A finite number written in decimal, whatever the locale, blanks around it or not.
    float number(std::string_view field) const;

    template <class... Parts>
    void require(bool condition, const Parts&... parts) const {
        if (!condition) [[unlikely]]
            fail(parts...);
    }
    template <class... Parts>
    [[noreturn]] void fail(const Parts&... parts) const {
        knoll::fail<FileError>("[", format_, "] ", path_, ", line ", number_, ", offset ", start_, ": ", parts...);
    }

private:
    std::string format_;
    std::string path_;
    std::string_view text_;
    std::string_view line_;
    std::int64_t number_ = 0;
    std::size_t start_ = 0;  // where the line begins
    std::size_t after_ = 0;  // where the next one does
};

}  // namespace knoll::data

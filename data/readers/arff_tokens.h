// What a line of an ARFF file is made of, as Weka's reader cuts it: words, strings in quotes, commas and braces.
#pragma once

#include <knoll/data/readers/text_lines.h>

namespace knoll::data {

class ArffTokens {
public:
    /// The tokens of the line that `lines` stands on, whose text must outlive this object.
    explicit ArffTokens(const TextLines& lines) : lines_(lines), rest_(lines.line()) {}

    /// Whether nothing but blanks and a comment, from % on, is left.
    bool at_end();
    /// Steps over the comma or brace if it is next.
    bool take(char mark);
    /// Steps over a word or a string and returns what it says, valid until the next call; empty where neither is next. A word ends at a
    /// blank, a comma, a brace, a quote or a comment. In a string, within ' or ", a backslash takes the next character as it is, or as
    /// a tab or a line's end where that is t, n or r. Throws FileError on a string that does not end within its line.
    std::string_view value();
    /// What is left of the line, without blanks at its ends.
    std::string_view rest() const { return trim(rest_); }

private:
    std::string_view quoted();

    const TextLines& lines_;
    std::string_view rest_;
    std::string unescaped_;
};

}  // namespace knoll::data

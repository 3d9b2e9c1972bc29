#include <knoll/data/readers/arff_tokens.h>

#include <algorithm>

namespace knoll::data {

namespace {

char unescape(char c) {
    switch (c) {
        case 't':
            return '\t';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        default:
            return c;
    }
}

}  // namespace

bool ArffTokens::at_end() {
    rest_ = trim(rest_);
    return rest_.empty() || rest_.front() == '%';
}

bool ArffTokens::take(char mark) {
    if (at_end() || rest_.front() != mark) return false;
    rest_.remove_prefix(1);
    return true;
}

std::string_view ArffTokens::value() {
    if (at_end()) return {};
    if (rest_.front() == '\'' || rest_.front() == '"') return quoted();
    const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t\r,{}%'\""));
    rest_.remove_prefix(word.size());
    return word;
}

std::string_view ArffTokens::quoted() {
    const char quote = rest_.front();
    unescaped_.clear();
    for (std::size_t i = 1; i < rest_.size(); ++i) {
        if (rest_[i] == quote) {
            rest_.remove_prefix(i + 1);
            return unescaped_;
        }
        const bool escaped = rest_[i] == '\\' && i + 1 < rest_.size();
        if (escaped) ++i;
        unescaped_ += escaped ? unescape(rest_[i]) : rest_[i];
    }
    lines_.fail("expected a closing quote, got ", shown(rest_));
}

}  // namespace knoll::data

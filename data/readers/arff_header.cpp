#include <knoll/data/readers/arff_header.h>

#include <algorithm>

namespace knoll::data {

namespace {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

// A word, or anything within quotes, in which a backslash takes the next character as it is.
std::string take_name(std::string_view& rest, const TextLines& lines) {
    rest = trim(rest);
    if (rest.empty() || (rest.front() != '\'' && rest.front() != '"')) return std::string(take_word(rest));
    const char quote = rest.front();
    std::string name;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == quote) {
            rest.remove_prefix(i + 1);
            return name;
        }
        if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
        name += rest[i];
    }
    lines.fail("expected a closing quote, got ", shown(rest));
}

// The two values of {0,1} or {1,0} in their order; nothing for another type.
std::string_view binary_values(std::string_view type) {
    if (type.size() < 2 || type.front() != '{' || type.back() != '}') return {};
    std::string_view rest = type.substr(1, type.size() - 2);
    const std::string_view first = take_field(rest, ',');
    const std::string_view second = take_field(rest, ',');
    if (!rest.empty()) return {};
    if (first == "0" && second == "1") return "01";
    return first == "1" && second == "0" ? "10" : "";
}

ArffAttribute parse_attribute(std::string_view declaration, const TextLines& lines) {
    ArffAttribute attribute{take_name(declaration, lines)};
    const std::string_view type = trim(declaration);
    const std::string_view values = binary_values(type);
    attribute.binary = !values.empty();
    attribute.unmentioned = values == "10" ? 1.0F : 0.0F;
    const std::string word = lower_case(type);
    lines.require(!attribute.name.empty(), "expected a name and a type of an attribute, got neither");
    lines.require(attribute.binary || word == "numeric" || word == "real" || word == "integer",
                  "expected an attribute of type numeric, real, integer or {0,1}, got ", shown(type));
    return attribute;
}

}  // namespace

std::vector<ArffAttribute> read_arff_header(TextLines& lines) {
    std::vector<ArffAttribute> attributes;
    if (lines.line().front() != '@') return attributes;
    do {
        std::string_view rest = lines.line();
        const std::string keyword = lower_case(take_word(rest));
        if (keyword == "@data") {
            lines.require(!attributes.empty(), "expected attributes before @data, got none");
            return attributes;
        }
        lines.require(keyword == "@attribute" || keyword == "@relation", "expected @relation, @attribute or @data, got ", shown(lines.line()));
        if (keyword == "@attribute") attributes.push_back(parse_attribute(rest, lines));
    } while (lines.next());
    lines.fail("expected @data, got the end of the file");
}

}  // namespace knoll::data

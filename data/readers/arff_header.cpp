#include <knoll/data/readers/arff_header.h>
#include <knoll/data/readers/arff_tokens.h>

#include <charconv>

namespace knoll::data {

namespace {

constexpr std::int64_t most_labels = 1'000'000;

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

// The two values of {0,1} or {1,0} in their order, quoted or not; nothing for another type.
std::string_view binary_values(ArffTokens& type) {
    if (!type.take('{')) return {};
    const std::string first(type.value());
    type.take(',');
    const std::string second(type.value());
    if (!type.take('}')) return {};
    if (first == "0" && second == "1") return "01";
    return first == "1" && second == "0" ? "10" : "";
}

ArffAttribute parse_attribute(ArffTokens& tokens, const TextLines& lines) {
    ArffAttribute attribute{std::string(tokens.value())};
    lines.require(!attribute.name.empty(), "expected a name and a type of an attribute, got ",
                  tokens.rest().empty() ? "neither" : "no name before " + shown(tokens.rest()));
    const std::string_view type = tokens.rest();
    const std::string_view values = binary_values(tokens);
    attribute.binary = !values.empty();
    attribute.unmentioned = values == "10" ? 1.0F : 0.0F;
    const std::string word = attribute.binary ? "" : lower_case(tokens.value());
    lines.require((attribute.binary || word == "numeric" || word == "real" || word == "integer") && tokens.at_end(),
                  "expected an attribute of type numeric, real, integer or {0,1}, got ", shown(type));
    return attribute;
}

std::string relation_name(ArffTokens& tokens) {
    std::string name;
    while (!tokens.at_end())
        if (!tokens.take(',') && !tokens.take('{') && !tokens.take('}')) name += (name.empty() ? "" : " ") + std::string(tokens.value());
    return name;
}

// MEKA writes its options behind the colon of 'name: -C 6 -split-number 100'.
std::int64_t labels_of_relation(std::string_view relation, const TextLines& lines) {
    const std::size_t colon = relation.find(':');
    if (colon == std::string_view::npos) return 0;
    std::string_view options = relation.substr(colon + 1);
    while (!trim(options).empty()) {
        if (take_word(options) != "-C") continue;
        const std::string_view digits = take_word(options);
        std::int64_t labels = 0;
        const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), labels);
        lines.require(problem == std::errc{} && end == digits.data() + digits.size() && labels != 0 && labels >= -most_labels && labels <= most_labels,
                      "expected a number of labels behind the relation's -C, negative if they are the last attributes, got ", shown(digits));
        return labels;
    }
    return 0;
}

}  // namespace

ArffHeader read_arff_header(TextLines& lines) {
    ArffHeader header;
    if (lines.line().front() != '@') return header;
    do {
        ArffTokens tokens(lines);
        const std::string keyword = lower_case(tokens.value());
        if (keyword == "@data") {
            lines.require(tokens.at_end(), "expected the end of the line after @data, got ", shown(tokens.rest()));
            lines.require(!header.attributes.empty(), "expected attributes before @data, got none");
            return header;
        }
        lines.require(keyword == "@attribute" || keyword == "@relation", "expected @relation, @attribute or @data, got ", shown(lines.line()));
        if (keyword == "@attribute")
            header.attributes.push_back(parse_attribute(tokens, lines));
        else
            header.labels = labels_of_relation(relation_name(tokens), lines);
    } while (lines.next());
    lines.fail("expected @data, got the end of the file");
}

}  // namespace knoll::data

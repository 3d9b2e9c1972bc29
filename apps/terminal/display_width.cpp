#include <knoll/apps/terminal/display_width.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace knoll::apps {

namespace {

struct Block {
    char32_t first, last;
};

// The blocks of Unicode whose characters stand above others, and those that Unicode Standard Annex 11 calls wide.
constexpr std::array zero_width{Block{0x300, 0x36F},   Block{0x483, 0x489},   Block{0x591, 0x5BD},   Block{0x610, 0x61A},   Block{0x64B, 0x65F},
                                Block{0x1AB0, 0x1AFF}, Block{0x1DC0, 0x1DFF}, Block{0x200B, 0x200F}, Block{0x20D0, 0x20FF}, Block{0x3099, 0x309A},
                                Block{0xFE00, 0xFE0F}, Block{0xFE20, 0xFE2F}, Block{0xFEFF, 0xFEFF}};
constexpr std::array double_width{Block{0x1100, 0x115F},   Block{0x2E80, 0x303E},   Block{0x3041, 0x4DBF},   Block{0x4E00, 0xA4CF},  Block{0xA960, 0xA97F},
                                  Block{0xAC00, 0xD7A3},   Block{0xF900, 0xFAFF},   Block{0xFE30, 0xFE6F},   Block{0xFF00, 0xFF60},  Block{0xFFE0, 0xFFE6},
                                  Block{0x1F300, 0x1F64F}, Block{0x1F680, 0x1F6FF}, Block{0x1F900, 0x1F9FF}, Block{0x20000, 0x3FFFD}};

template <class Ranges>
bool is_in(const Ranges& ranges, char32_t point) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const Block& range) { return point >= range.first && point <= range.last; });
}

std::size_t width_of(char32_t point) { return is_in(zero_width, point) ? 0 : is_in(double_width, point) ? 2 : 1; }

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

struct Character {
    std::size_t bytes;
    std::size_t columns;
};

Character character_at(const std::string& text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    char32_t point = length == 1 ? lead : static_cast<char32_t>(lead & (0x7F >> length));
    std::size_t bytes = 1;
    for (; bytes < length && at + bytes < text.size() && continues(text[at + bytes]); ++bytes)
        point = point << 6 | (static_cast<unsigned char>(text[at + bytes]) & 0x3FU);
    return bytes == length ? Character{bytes, width_of(point)} : Character{1, 1};
}

}  // namespace

std::size_t display_width(const std::string& text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Character character = character_at(text, at);
        width += character.columns;
        at += character.bytes;
    }
    return width;
}

std::string shortened(const std::string& text, std::size_t width) {
    if (display_width(text) <= width) return text;
    if (width == 0) return "";
    std::size_t at = 0;
    std::size_t used = 0;
    for (Character next = character_at(text, at); used + next.columns < width; next = character_at(text, at)) {
        used += next.columns;
        at += next.bytes;
    }
    return text.substr(0, at) + "…";
}

}  // namespace knoll::apps

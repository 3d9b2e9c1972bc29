#include <knoll/core/files/json_text.h>

namespace knoll {

namespace {

unsigned hex_digits(TextCursor& cursor) {
    unsigned code = 0;
    for (int i = 0; i < 4; ++i) {
        const char c = cursor.next("four hexadecimal digits");
        const std::size_t value = std::string_view("0123456789abcdef").find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
        cursor.require(value != std::string_view::npos, "expected four hexadecimal digits, got '", c, "'");
        code = code << 4 | static_cast<unsigned>(value);
    }
    return code;
}

// What follows \u: one code point, from one unit of UTF-16 or a pair.
unsigned escaped_code_point(TextCursor& cursor) {
    const unsigned first = hex_digits(cursor);
    if (first < 0xd800 || first > 0xdfff) return first;
    const bool pair = first < 0xdc00 && cursor.next("a surrogate pair") == '\\' && cursor.next("a surrogate pair") == 'u';
    const unsigned second = pair ? hex_digits(cursor) : 0;
    cursor.require(second >= 0xdc00 && second <= 0xdfff, "expected a surrogate pair, got half of one");
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

void append_utf8(std::string& out, unsigned code) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | code >> 6);
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | code >> 12);
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xf0 | code >> 18);
        tail(12);
        tail(6);
        tail(0);
    }
}

constexpr std::string_view short_escapes = "\"\\/bfnrt";
constexpr std::string_view short_escaped = "\"\\/\b\f\n\r\t";

// Bytes of the character that begins with this one and the smallest code point that needs so many; 0 bytes: none begins so.
struct Utf8Form {
    std::size_t bytes;
    unsigned first_bits;
    unsigned smallest;
};
Utf8Form utf8_form(unsigned lead) {
    if (lead < 0x80) return {1, lead, 0};
    if (lead >> 5 == 0x6) return {2, lead & 0x1f, 0x80};
    if (lead >> 4 == 0xe) return {3, lead & 0x0f, 0x800};
    if (lead >> 3 == 0x1e) return {4, lead & 0x07, 0x10000};
    return {0, 0, 0};
}

}  // namespace

std::string read_json_string(TextCursor& cursor) {
    std::string out;
    cursor.expect('"');
    while (true) {
        const char c = cursor.next("the end of a string");
        if (c == '"') return out;
        cursor.require(static_cast<unsigned char>(c) >= 0x20, "expected no control character within a string, got byte ", static_cast<int>(c));
        if (c != '\\') {
            out += c;
            continue;
        }
        const char escape = cursor.next("an escape");
        const std::size_t known = short_escapes.find(escape);
        cursor.require(escape == 'u' || known != std::string_view::npos, "expected an escape of JSON, got '\\", escape, "'");
        if (escape == 'u')
            append_utf8(out, escaped_code_point(cursor));
        else
            out += short_escaped[known];
    }
}

std::string json_quoted(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (code < 0x20) {
            out += "\\u00";
            out += digits[code >> 4];
            out += digits[code & 0xf];
        } else {
            out += c;
        }
    }
    return out + '"';
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const Utf8Form form = utf8_form(static_cast<unsigned char>(text[i]));
        if (form.bytes == 0 || form.bytes > text.size() - i) return false;
        unsigned code = form.first_bits;
        for (std::size_t k = 1; k < form.bytes; ++k) {
            const auto tail = static_cast<unsigned char>(text[i + k]);
            if (tail >> 6 != 0x2) return false;
            code = code << 6 | (tail & 0x3fU);
        }
        if (code < form.smallest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
        i += form.bytes;
    }
    return true;
}

}  // namespace knoll

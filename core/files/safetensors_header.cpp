#include <knoll/core/files/json_text.h>
#include <knoll/core/files/safetensors_header.h>
#include <knoll/core/files/text_cursor.h>

#include <array>
#include <set>

namespace knoll {

namespace {

constexpr std::uint64_t largest_header = 100'000'000;
constexpr std::string_view metadata_key = "__metadata__";

// Calls member(key) for each member of a JSON object, the cursor standing at its value.
template <class Member>
void read_object(TextCursor& cursor, const Member& member) {
    std::set<std::string> keys;
    cursor.expect('{');
    if (cursor.take('}')) return;
    do {
        const std::string key = read_json_string(cursor);
        cursor.require(keys.insert(key).second, "expected each key once, got ", json_quoted(key), " again");
        cursor.expect(':');
        member(key);
    } while (cursor.take(','));
    cursor.expect('}');
}

struct NamedType {
    std::string_view name;
    DType dtype;
};
constexpr std::array types{NamedType{"F32", DType::f32}, NamedType{"F64", DType::f64}, NamedType{"I64", DType::i64}, NamedType{"U8", DType::u8},
                           NamedType{"BOOL", DType::u8}};

DType read_type(TextCursor& cursor) {
    const std::string name = read_json_string(cursor);
    for (const NamedType& type : types)
        if (type.name == name) return type.dtype;
    cursor.fail("expected a dtype of F32, F64, I64, U8 or BOOL, got ", json_quoted(name), "; convert the file first");
}

std::string_view type_name(DType dtype) {
    for (const NamedType& type : types)
        if (type.dtype == dtype) return type.name;
    fail<DTypeError>("[safetensors] expected a type that the format has, got ", dtype);
}

TensorEntry read_entry(TextCursor& cursor, const std::string& name) {
    TensorEntry entry{.name = name};
    int members = 0;
    read_object(cursor, [&](const std::string& key) {
        ++members;
        if (key == "dtype") {
            entry.dtype = read_type(cursor);
        } else if (key == "shape") {
            cursor.expect('[');
            entry.shape = cursor.naturals(']', NumberList::plain, "an extent");
        } else if (key == "data_offsets") {
            cursor.expect('[');
            const std::vector<std::uint64_t> offsets = cursor.naturals(']', NumberList::plain, "an offset");
            cursor.require(offsets.size() == 2, "expected two offsets, got ", offsets.size());
            entry.begin = offsets[0];
            entry.end = offsets[1];
        } else {
            cursor.fail("expected the keys dtype, shape and data_offsets, got ", json_quoted(key));
        }
    });
    cursor.require(members == 3, "expected the keys dtype, shape and data_offsets of ", json_quoted(name), ", got only ", members, " of them");
    return entry;
}

std::string list(const std::vector<std::uint64_t>& numbers) {
    std::string out = "[";
    for (const std::uint64_t number : numbers) out += text(out.size() > 1 ? "," : "", number);
    return out + "]";
}

std::string little_endian(std::uint64_t number) {
    std::string bytes;
    for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(number >> shift & 0xff);
    return bytes;
}

}  // namespace

SafetensorsHeader read_safetensors_header(ByteReader& reader) {
    const auto length = reader.little_endian<std::uint64_t>("the header's length");
    reader.require(length <= largest_header, "expected a header of at most ", largest_header, " bytes, got ", length);
    const std::size_t origin = reader.offset();
    const std::string_view json = reader.characters(length, "the header");
    TextCursor cursor("safetensors", reader.path(), json, origin);
    cursor.require(cursor.peek() == '{', "expected a header that begins with '{', got ", cursor.here());
    cursor.require(is_utf8(json), "expected a header in UTF-8, got other bytes");
    SafetensorsHeader header;
    read_object(cursor, [&](const std::string& key) {
        if (key == metadata_key)
            read_object(cursor, [&](const std::string& name) { header.metadata[name] = read_json_string(cursor); });
        else
            header.entries.push_back(read_entry(cursor, key));
    });
    cursor.skip_spaces();
    cursor.require(cursor.at_end(), "expected the end of the header, got ", cursor.here());
    return header;
}

std::string write_safetensors_header(const SafetensorsHeader& header) {
    std::string json = "{";
    const auto separate = [&] {
        if (json.size() > 1) json += ',';
    };
    if (!header.metadata.empty()) {
        std::string members;
        for (const auto& [key, value] : header.metadata) members += text(members.empty() ? "" : ",", json_quoted(key), ":", json_quoted(value));
        json += text(json_quoted(metadata_key), ":{", members, "}");
    }
    for (const TensorEntry& entry : header.entries) {
        separate();
        json += text(json_quoted(entry.name), R"(:{"dtype":")", type_name(entry.dtype), R"(","shape":)", list(entry.shape), R"(,"data_offsets":)",
                     list({entry.begin, entry.end}), "}");
    }
    json += '}';
    require<ValueError>(is_utf8(json), "[safetensors] expected names and metadata in UTF-8, got other bytes");
    json.append((8 - json.size() % 8) % 8, ' ');
    require<ValueError>(json.size() <= largest_header, "[safetensors] expected a header of at most ", largest_header, " bytes, got ", json.size());
    return little_endian(json.size()) + json;
}

}  // namespace knoll

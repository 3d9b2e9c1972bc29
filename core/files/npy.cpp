// The format: "\x93NUMPY", two bytes of version, the header's length (2 bytes in version 1, 4 from version 2 on), a header
// that is a Python dictionary of three entries in text, then the elements.
#include <knoll/core/files/atomic_file.h>
#include <knoll/core/files/byte_reader.h>
#include <knoll/core/files/npy.h>
#include <knoll/core/files/raw_bytes.h>
#include <knoll/core/files/text_cursor.h>
#include <knoll/core/ops/shape.h>

#include <algorithm>
#include <array>
#include <bit>

namespace knoll {

namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied between files and memory as they are");

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t header_alignment = 64;

struct Header {
    std::string descr;  // byte order, kind and size: "<f4"
    bool fortran_order = false;
    std::vector<std::uint64_t> shape;
};

std::string quoted(TextCursor& cursor) {
    cursor.skip_spaces();
    const char quote = cursor.next("a string");
    cursor.require(quote == '\'' || quote == '"', "expected a string in quotes, got ", quote);
    std::string text;
    while (cursor.peek() != quote) {
        const bool control = static_cast<unsigned char>(cursor.peek()) < 0x20 && !cursor.at_end();  // they would cut error texts short
        cursor.require(!control, "expected no control character within a string, got ", cursor.here());
        text += cursor.next("the end of a string");
    }
    cursor.next("the closing quote");
    return text;
}

bool boolean(TextCursor& cursor) {
    if (cursor.take_word("True")) return true;
    cursor.require(cursor.take_word("False"), "expected True or False, got ", cursor.here());
    return false;
}

Header parse_header(TextCursor& cursor) {
    Header header;
    std::vector<std::string> seen;
    cursor.expect('{');
    while (!cursor.take('}')) {
        const std::string key = quoted(cursor);
        cursor.require(std::find(seen.begin(), seen.end(), key) == seen.end(), "expected each key once, got '", key, "' again");
        seen.push_back(key);
        cursor.expect(':');
        if (key == "descr") {
            header.descr = quoted(cursor);
        } else if (key == "fortran_order") {
            header.fortran_order = boolean(cursor);
        } else if (key == "shape") {
            cursor.expect('(');
            header.shape = cursor.naturals(')', NumberList::of_python, "an extent");
        } else {
            cursor.fail("expected the keys descr, fortran_order and shape, got '", key, "'");
        }
        cursor.skip_spaces();
        if (cursor.peek() != '}') cursor.expect(',');
    }
    cursor.require(seen.size() == 3, "expected the keys descr, fortran_order and shape, got only ", seen.size(), " of them");
    cursor.skip_spaces();
    cursor.require(cursor.at_end(), "expected the end of the header, got ", cursor.here());
    return header;
}

Header read_header(ByteReader& reader, const std::string& path) {
    reader.require(reader.characters(magic.size(), "the magic string") == magic, "expected the magic string \\x93NUMPY, got another");
    const auto version = reader.little_endian<std::uint16_t>("the version");  // minor version in the high byte
    reader.require(version >= 1 && version <= 3, "expected version 1.0, 2.0 or 3.0, got ", version & 0xff, ".", version >> 8);
    const std::uint64_t length =
        version == 1 ? reader.little_endian<std::uint16_t>("the header's length") : reader.little_endian<std::uint32_t>("the header's length");
    const std::size_t origin = reader.offset();
    TextCursor cursor("npy", path, reader.characters(length, "the header"), origin);
    return parse_header(cursor);
}

// Elements stored as Stored become Element; swap: their bytes are in the other order.
template <class Stored, class Element>
Tensor tensor_of(std::span<const std::byte> bytes, const Shape& shape, bool swap) {
    Tensor out = empty(shape, dtype_of<Element>());
    auto* into = out.fresh_data<Element>();
    for (std::size_t i = 0; i < static_cast<std::size_t>(out.numel()); ++i) {
        std::array<std::byte, sizeof(Stored)> element;
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * sizeof(Stored)), sizeof(Stored), element.begin());
        if (swap) std::reverse(element.begin(), element.end());
        into[i] = static_cast<Element>(std::bit_cast<Stored>(element));  // NOLINT(bugprone-signed-char-misuse): i1 is a number
    }
    return out;
}

struct ElementType {
    std::string_view code;  // kind and size
    std::string_view name;  // which numpy.dtype() knows as well
    std::size_t size;
    Tensor (*convert)(std::span<const std::byte> bytes, const Shape& shape, bool swap);
};

constexpr std::array element_types{
    ElementType{"f4", "float32", 4, tensor_of<float, float>},
    ElementType{"f8", "float64", 8, tensor_of<double, double>},
    ElementType{"i8", "int64", 8, tensor_of<std::int64_t, std::int64_t>},
    ElementType{"i4", "int32", 4, tensor_of<std::int32_t, std::int64_t>},
    ElementType{"i2", "int16", 2, tensor_of<std::int16_t, std::int64_t>},
    ElementType{"i1", "int8", 1, tensor_of<std::int8_t, std::int64_t>},
    ElementType{"u4", "uint32", 4, tensor_of<std::uint32_t, std::int64_t>},
    ElementType{"u2", "uint16", 2, tensor_of<std::uint16_t, std::int64_t>},
    ElementType{"u1", "uint8", 1, tensor_of<std::uint8_t, std::uint8_t>},
    ElementType{"b1", "bool", 1, tensor_of<std::uint8_t, std::uint8_t>},
};

// As numpy.dtype() reads it: '<' and '>' are byte orders; '=', '|' or none mean the machine's own.
const ElementType& element_type(const ByteReader& reader, std::string_view descr) {
    const bool has_order = !descr.empty() && std::string_view("<>=|").find(descr[0]) != std::string_view::npos;
    const std::string_view type_text = descr.substr(has_order ? 1 : 0);
    for (const ElementType& type : element_types)
        if (type_text == type.code || (!has_order && type_text == type.name)) return type;
    reader.fail("expected elements of type f4, f8, i8, i4, i2, i1, u4, u2, u1 or b1, got '", descr, "'; convert with astype() first");
}

const char* descr_of(DType dtype) {
    switch (dtype) {
        case DType::f32:
            return "<f4";
        case DType::f64:
            return "<f8";
        case DType::i64:
            return "<i8";
        case DType::u8:
            break;
    }
    return "|u1";
}

std::string shape_text(const Shape& shape) {
    std::string out = "(";
    for (std::int64_t i = 0; i < shape.rank(); ++i) out += text(i > 0 ? ", " : "", shape[i]);
    return out + (shape.rank() == 1 ? ",)" : ")");
}

}  // namespace

Tensor decode_npy(std::span<const std::byte> bytes, const std::string& path) {
    ByteReader reader("npy", path, bytes);
    Header header = read_header(reader, path);
    const ElementType& type = element_type(reader, header.descr);
    const std::uint64_t count = reader.product(header.shape, "elements");
    reader.require(count == reader.remaining() / type.size && reader.remaining() % type.size == 0, "expected ", count, " elements of ", type.size,
                   " bytes, got ", reader.remaining(), " bytes");
    if (header.fortran_order) std::reverse(header.shape.begin(), header.shape.end());
    Shape shape;
    Dims backwards;
    for (const std::uint64_t extent : header.shape) {
        backwards.insert(0, shape.rank());
        shape.push_back(static_cast<std::int64_t>(extent));
    }
    const Tensor tensor = type.convert(reader.bytes(reader.remaining(), "the elements"), shape, header.descr[0] == '>');
    return header.fortran_order && shape.rank() > 1 ? permute(tensor, backwards) : tensor;
}

Tensor load_npy(const std::string& path) { return decode_npy(read_file(path), path); }

std::string npy_header(const Tensor& tensor) {
    std::string dictionary = text("{'descr': '", descr_of(tensor.dtype()), "', 'fortran_order': False, 'shape': ", shape_text(tensor.shape()), ", }");
    const std::size_t prefix = magic.size() + 4;
    const std::size_t unpadded = prefix + dictionary.size() + 1;
    dictionary.append((header_alignment - unpadded % header_alignment) % header_alignment, ' ');
    dictionary += '\n';
    require<ValueError>(dictionary.size() <= 0xffff, "[npy] expected a shape whose text fits into a header of 65535 bytes, got rank ", tensor.rank());
    const auto length = static_cast<unsigned>(dictionary.size());
    return text(magic, '\x01', '\x00', static_cast<char>(length & 0xff), static_cast<char>(length >> 8), dictionary);
}

void save_npy(const std::string& path, const Tensor& tensor) { save_npy({{path, tensor}}); }

void save_npy(const std::vector<NpyFile>& files) {
    std::vector<std::string> headers;
    headers.reserve(files.size());  // the parts point into it
    std::vector<FileParts> contents;
    for (const NpyFile& file : files) {
        headers.push_back(npy_header(file.tensor));
        contents.push_back({file.path, {std::as_bytes(std::span(headers.back())), raw_bytes(file.tensor)}});
    }
    write_files(contents);
}

}  // namespace knoll

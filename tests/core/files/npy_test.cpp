#include <knoll/core/files/npy.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

#include "support/damage.h"
#include "support/same.h"
#include "support/sample.h"
#include "support/temporary_file.h"

using namespace knoll;
using Catch::Contains;

namespace {

// A file of version 1.0 as NumPy writes it, save for the padding.
std::string npy(const std::string& header, const std::string& elements) {
    return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + elements;
}
std::string npy(const std::string& descr, const std::string& fortran_order, const std::string& shape, const std::string& elements) {
    return npy("{'descr': '" + descr + "', 'fortran_order': " + fortran_order + ", 'shape': " + shape + ", }\n", elements);
}

Tensor decoded_npy(const std::string& content) { return decode_npy(std::as_bytes(std::span(content)), "some/path"); }

template <class Number>
std::string little_endian(std::initializer_list<Number> numbers) {
    return {reinterpret_cast<const char*>(numbers.begin()), numbers.size() * sizeof(Number)};
}
template <class Number>
std::string big_endian(std::initializer_list<Number> numbers) {
    std::string out;
    for (const Number number : numbers) {
        const std::string bytes = little_endian({number});
        out.append(bytes.rbegin(), bytes.rend());
    }
    return out;
}

}  // namespace

TEST_CASE("npy files of every type and shape are read back as they were written") {
    const TemporaryFile file;
    for (const DType dtype : {DType::f32, DType::f64, DType::i64, DType::u8})
        for (const Shape& shape : {Shape{}, Shape{1}, Shape{7}, Shape{2, 3}, Shape{0}, Shape{3, 0, 2}, Shape{2, 1, 3, 2}}) {
            const Tensor tensor = (sample(shape) * 100.0 + 100.0).to(dtype);
            save_npy(file.path(), tensor);
            check_same(load_npy(file.path()), tensor);
        }
}

TEST_CASE("an npy file is written byte for byte as NumPy writes it") {
    const TemporaryFile file;
    save_npy(file.path(), tensor({1.5, -2.0}));
    const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    CHECK(file.read() == std::string("\x93NUMPY\x01\x00\x76\x00", 10) + dictionary + std::string(117 - dictionary.size(), ' ') + "\n" +
                             std::string("\x00\x00\xc0\x3f\x00\x00\x00\xc0", 8));
    save_npy(file.path(), zeros({2, 3}, DType::f64));
    CHECK_THAT(file.read(), Contains("'<f8'") && Contains("'shape': (2, 3), }"));
    save_npy(file.path(), scalar(1.0));
    CHECK_THAT(file.read(), Contains("'shape': (), }"));
}

TEST_CASE("the elements of a written npy file begin at a multiple of 64 bytes") {
    Shape shape;
    for (int rank = 0; rank < 40; ++rank, shape.push_back(1)) CHECK(npy_header(zeros(shape)).size() % 64 == 0);
}

TEST_CASE("npy elements of all integer types and both byte orders are read") {
    check_same(decoded_npy(npy("<i4", "False", "(2,)", little_endian({7, -8}))), tensor({7, -8}, DType::i64));
    check_same(decoded_npy(npy(">i4", "False", "(2,)", big_endian({7, -8}))), tensor({7, -8}, DType::i64));
    check_same(decoded_npy(npy("<i2", "False", "(2,)", little_endian<std::int16_t>({7, -8}))), tensor({7, -8}, DType::i64));
    check_same(decoded_npy(npy("|i1", "False", "(2,)", "\x07\xf8")), tensor({7, -8}, DType::i64));
    check_same(decoded_npy(npy("<u2", "False", "(1,)", "\xff\xff")), tensor({65535}, DType::i64));
    check_same(decoded_npy(npy("<u4", "False", "(1,)", "\xff\xff\xff\xff")), tensor({4294967295.0}, DType::i64));
    check_same(decoded_npy(npy(">i8", "False", "(1,)", big_endian({std::int64_t{-5}}))), tensor({-5}, DType::i64));
    check_same(decoded_npy(npy(">f4", "False", "(2,)", big_endian({1.5F, -0.25F}))), tensor({1.5, -0.25}));
    check_same(decoded_npy(npy(">f8", "False", "(1,)", big_endian({1.5}))), tensor({1.5}, DType::f64));
    check_same(decoded_npy(npy("|b1", "False", "(2,)", std::string("\x01\x00", 2))), tensor({1, 0}, DType::u8));
}

TEST_CASE("npy arrays in Fortran order are read as the arrays that they are") {
    check_same(decoded_npy(npy("|u1", "True", "(2, 3)", "\x01\x04\x02\x05\x03\x06")), tensor({{1, 2, 3}, {4, 5, 6}}, DType::u8));
    check_same(decoded_npy(npy("|u1", "True", "(3,)", "\x01\x02\x03")), tensor({1, 2, 3}, DType::u8));
    std::string elements;
    for (int k = 0; k < 4; ++k)
        for (int j = 0; j < 3; ++j)
            for (int i = 0; i < 2; ++i) elements += static_cast<char>(i * 12 + j * 4 + k);
    check_same(decoded_npy(npy("|u1", "True", "(2, 3, 4)", elements)), reshape(arange(24, DType::u8), {2, 3, 4}));
}

TEST_CASE("npy versions 2.0 and 3.0 are read, later ones refused") {
    const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n";
    const auto versioned = [&](char version) {
        return std::string("\x93NUMPY") + version + '\0' + static_cast<char>(header.size()) + std::string(3, '\0') + header + "\x05\x06";
    };
    check_same(decoded_npy(versioned(2)), tensor({5, 6}, DType::u8));
    check_same(decoded_npy(versioned(3)), tensor({5, 6}, DType::u8));
    CHECK_THROWS_WITH(decoded_npy(versioned(4)), Contains("expected version 1.0, 2.0 or 3.0, got 4.0"));
}

TEST_CASE("npy headers in another order or with other quotes and spaces mean the same") {
    const Tensor expected = tensor({5, 6}, DType::u8);
    check_same(decoded_npy(npy("{\"shape\":(2,),'fortran_order':False,'descr':'|u1'}", "\x05\x06")), expected);
    check_same(decoded_npy(npy("  { 'shape' : ( 2 , ) , 'fortran_order' : False , 'descr' : '|u1' }   \n", "\x05\x06")), expected);
}

TEST_CASE("malformed npy headers are refused") {
    const std::string rest = "'fortran_order': False, 'shape': (2,), }";
    for (const std::string& header :
         {std::string(), std::string("{}"), "{" + rest, "{'descr': '|u1', " + rest + "x", "{'descr': '|u1' " + rest, "{'descr': |u1, " + rest,
          "{'descr': '|u1', 'descr': '|u1', " + rest, "{'descr': '|u1', 'more': 1, " + rest,
          std::string("{'descr': '|u1', 'fortran_order': false, 'shape': (2,), }"), std::string("{'descr': '|u1', 'fortran_order': False, 'shape': (-2,), }"),
          std::string("{'descr': '|u1', 'fortran_order': False, 'shape': [2], }"), std::string("{'descr': '|u1', 'fortran_order': False, 'shape': (02,), }"),
          std::string("{'descr': '|u1', 'fortran_order': False, 'shape': (2.0,), }"),
          std::string("{'descr': [('x', '|u1')], 'fortran_order': False, 'shape': (2,), }")}) {
        INFO(header);
        CHECK_THROWS_AS(decoded_npy(npy(header, "\x05\x06")), FileError);
    }
}

TEST_CASE("control characters in the strings of an npy header are refused, for error texts repeat them") {
    CHECK_THROWS_WITH(decoded_npy(npy(std::string("<\0f4", 4), "False", "(2,)", std::string(8, '\0'))),
                      Contains("control character") && Contains("got byte 0"));
    CHECK_THROWS_WITH(decoded_npy(npy("<f4\x1b", "False", "(2,)", std::string(8, '\0'))), Contains("control character") && Contains("got byte 27"));
}

TEST_CASE("npy element types that a tensor cannot hold are named") {
    for (const char* descr : {"<f2", "<c8", "<u8", "|O", "<U4", "|V8", "f", "=", "=<f4", "<float32", "float16", "<f16", "<M8[s]", ""}) {
        INFO(descr);
        CHECK_THROWS_WITH(decoded_npy(npy(descr, "False", "(2,)", std::string(16, '\0'))),
                          Contains("expected elements of type") && Contains(text("got '", descr, "'")));
    }
}

TEST_CASE("an npy header may not promise what the file does not hold") {
    for (const char* shape : {"(3,)", "(1,)", "(1000000000000,)", "(4294967296, 4294967296)", "(9223372036854775807, 9223372036854775807)",
                              "(0, 9223372036854775807, 2)", "(99999999999999999999,)"}) {
        INFO(shape);
        CHECK_THROWS_AS(decoded_npy(npy("<f4", "False", shape, std::string(8, '\0'))), FileError);
    }
    CHECK_THROWS_WITH(decoded_npy(npy("<f4", "False", "(3,)", std::string(8, '\0'))),
                      Contains("[npy] some/path, offset") && Contains("expected 3 elements of 4 bytes, got 8 bytes"));
    CHECK_THROWS_AS(decoded_npy(npy("<f4", "False", "(2,)", std::string(9, '\0'))), FileError);
}

TEST_CASE("npy headers are read in every spelling that NumPy reads") {
    const std::string values("\0\0\x80\x3f\0\0\0\xc0", 8);  // 1 and -2, little endian
    for (const char* descr : {"<f4", "=f4", "|f4", "f4", "float32"})
        CHECK(decoded_npy(npy(descr, "False", "(2L,)", values)).to_vector() == std::vector<double>{1, -2});
    const std::string swapped("\x3f\x80\0\0\xc0\0\0\0", 8);
    CHECK(decoded_npy(npy(">f4", "False", "(1L, 2L)", swapped)).to_vector() == std::vector<double>{1, -2});
    const std::string one("\0\0\0\0\0\0\xf0\x3f", 8);
    for (const char* descr : {"<f8", "=f8", "f8", "float64"}) {
        const Tensor read = decoded_npy(npy(descr, "True", "( 1L , 1 , )", one));
        CHECK(read.dtype() == DType::f64);
        CHECK(to_string(read.shape()) == "[1, 1]");
        CHECK(read.item() == 1.0);
    }
    for (const char* descr : {"|u1", "<u1", ">u1", "=u1", "u1", "uint8", "|b1", "bool"})
        CHECK(decoded_npy(npy(descr, "False", "(2,)", "\x01\x07")).to_vector() == std::vector<double>{1, 7});
    CHECK(decoded_npy(npy("int16", "False", "(1,)", "\xfe\xff")).to_vector() == std::vector<double>{-2});
    CHECK(decoded_npy(npy(">i2", "False", "(1,)", "\xff\xfe")).to_vector() == std::vector<double>{-2});
    CHECK_THROWS_AS(decoded_npy(npy("<f4", "False", "(2LL,)", values)), FileError);
}

TEST_CASE("an npy file cut off anywhere is refused") {
    const TemporaryFile file;
    save_npy(file.path(), sample({2, 3}));
    check_every_cut_is_refused(file.read(), decoded_npy);
}

TEST_CASE("an npy file with any bit flipped is refused or read as something of its size") {
    const TemporaryFile file;
    save_npy(file.path(), sample({2, 3}));
    check_every_flip_is_survived(file.read(), [](const std::string& content) {
        const Tensor tensor = decoded_npy(content);
        CHECK(static_cast<std::size_t>(tensor.numel()) <= content.size());
    });
}

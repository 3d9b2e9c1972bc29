#include <knoll/core/files/safetensors.h>
#include <catch2/catch.hpp>

#include "support/damage.h"
#include "support/same.h"
#include "support/sample.h"
#include "support/temporary_file.h"

using namespace knoll;
using Catch::Contains;

namespace {

std::string with_length(const std::string& header) {
    std::string length;
    for (int shift = 0; shift < 64; shift += 8) length += static_cast<char>(header.size() >> shift & 0xff);
    return length + header;
}

// A file of one tensor [2] of f32 as the reference implementation writes it.
const std::string one = with_length(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  )") + std::string("\x00\x00\xc0\x3f\x00\x00\x00\xc0", 8);

TensorFile decoded_safetensors(const std::string& content) { return decode_safetensors(std::as_bytes(std::span(content)), "some/path"); }
TensorFile decoded_safetensors(const std::string& header, std::size_t bytes) { return decoded_safetensors(with_length(header) + std::string(bytes, '\0')); }

void check_refused(const std::string& header, std::size_t bytes, const std::string& reason) {
    INFO(header);
    CHECK_THROWS_WITH(decoded_safetensors(header, bytes), Contains("[safetensors] some/path, offset ") && Contains(reason));
    CHECK_THROWS_AS(decoded_safetensors(header, bytes), FileError);
}

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets, const std::string& dtype = "U8") {
    return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + offsets + "]}";
}

std::string object(const std::string& members) { return text("{", members, "}"); }

}  // namespace

TEST_CASE("a safetensors file of the reference implementation is read") {
    const TensorFile file = decoded_safetensors(one);
    check_same(file.tensors, {{"a", tensor({1.5, -2.0})}});
    CHECK(file.metadata.empty());
}

TEST_CASE("safetensors files are read back as they were written, names, order and metadata included") {
    const TemporaryFile file;
    const NamedTensors tensors{{"layer.weight", sample({2, 3}, DType::f32)}, {"bytes", tensor({1, 255}, DType::u8)}, {"z", sample({5})},
                               {"empty", zeros({0, 3}, DType::i64)},         {"quote \" and \n", scalar(2.5)},       {"gr\u00f6\u00dfe", arange(3)}};
    const std::map<std::string, std::string> metadata{{"format", "pt"}, {"a \"quote\"", "two\nlines"}};
    save_safetensors(file.path(), tensors, metadata);
    const TensorFile back = load_safetensors(file.path());
    check_same(back.tensors, tensors);
    CHECK(back.metadata == metadata);
    save_safetensors(file.path(), {});
    CHECK(load_safetensors(file.path()).tensors.empty());
    CHECK(file.read() == with_length("{}      "));
}

TEST_CASE("every tensor in a written safetensors file begins at a multiple of its element's size") {
    const TemporaryFile file;
    save_safetensors(file.path(), {{"u", ones({3}, DType::u8)}, {"f", ones({1})}, {"d", ones({1}, DType::f64)}});
    const std::string content = file.read();
    CHECK_THAT(content, Contains(R"("u":{"dtype":"U8","shape":[3],"data_offsets":[12,15]})") && Contains(R"("data_offsets":[8,12])") &&
                            Contains(R"("data_offsets":[0,8])"));
    CHECK(static_cast<unsigned char>(content[0]) % 8 == 0);
}

TEST_CASE("safetensors entries may stand in any order, with spaces, and BOOL is read as u8") {
    const TensorFile file = decoded_safetensors(object(text(" ", entry("b", "2", "1,3"), ", \n\t", entry("a", "", "0, 1 ", "BOOL"), " ")) + " \n", 3);
    check_same(file.tensors, {{"b", zeros({2}, DType::u8)}, {"a", zeros({}, DType::u8)}});
}

TEST_CASE("safetensors names and metadata must be such as can be read back") {
    const TemporaryFile file;
    const Tensor x = ones({1});
    CHECK_THROWS_AS(save_safetensors(file.path(), {{"", x}}), ValueError);
    CHECK_THROWS_AS(save_safetensors(file.path(), {{"__metadata__", x}}), ValueError);
    CHECK_THROWS_WITH(save_safetensors(file.path(), {{"a", x}, {"a", x}}), Contains("each name once, got \"a\" again"));
    CHECK_THROWS_WITH(save_safetensors(file.path(), {{"\xff", x}}), Contains("UTF-8"));
    CHECK_THROWS_WITH(save_safetensors(file.path(), {{"a", x}}, {{"key", "\xc3"}}), Contains("UTF-8"));
}

TEST_CASE("safetensors bytes must be covered without overlap or hole") {
    check_refused(object(entry("a", "2", "0,2") + "," + entry("b", "2", "1,3")), 3, "without overlap or hole");
    check_refused(object(entry("a", "2", "0,2") + "," + entry("b", "2", "3,5")), 5, "without overlap or hole");
    check_refused(object(entry("a", "2", "1,3")), 3, "without overlap or hole");
    check_refused(object(entry("a", "2", "0,2")), 3, "expected 2 bytes behind the header, got 3");
    check_refused(object(entry("a", "2", "0,2")), 1, "expected 2 bytes behind the header, got 1");
    check_refused("{}", 1, "expected 0 bytes behind the header, got 1");
    check_refused(object(entry("a", "2", "2,0")), 2, "without overlap or hole");
}

TEST_CASE("safetensors shapes must agree with their bytes, however large they claim to be") {
    check_refused(object(entry("a", "3", "0,2")), 2, "that are 3 bytes apart");
    check_refused(object(entry("a", "1", "0,2", "F32")), 2, "that are 4 bytes apart");
    check_refused(object(entry("a", "4294967296,4294967296", "0,2")), 2, "countable number of bytes");
    check_refused(object(entry("a", "4611686018427387904", "0,0", "F32")), 0, "countable number of bytes");
    check_refused(object(entry("a", "0,4294967296,4294967296", "0,0")), 0, "countable number of bytes");
    check_refused(object(entry("a", "2", "0,9223372036854775807")), 2, "behind the header");
    check_refused(object(entry("a", "99999999999999999999", "0,2")), 2, "larger number");
}

TEST_CASE("safetensors headers with repeated, missing or unknown keys are refused") {
    check_refused(object(entry("a", "2", "0,2") + "," + entry("a", "2", "2,4")), 4, "each key once, got \"a\" again");
    check_refused(R"({"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 2, "each key once");
    check_refused(R"({"__metadata__":{"k":"1","k":"2"}})", 0, "each key once");
    check_refused(R"({"__metadata__":{},"__metadata__":{}})", 0, "each key once");
    check_refused(R"({"a":{"dtype":"U8","shape":[2]}})", 2, "got only 2 of them");
    check_refused(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"more":1}})", 2, "got \"more\"");
    check_refused(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0]}})", 2, "expected two offsets, got 1");
}

TEST_CASE("safetensors types that a tensor cannot hold are named") {
    for (const char* dtype : {"F16", "BF16", "I32", "U64", "F8_E4M3", "f32", ""})
        check_refused(object(entry("a", "2", "0,2", dtype)), 2, text("got \"", dtype, "\""));
}

TEST_CASE("safetensors headers that are not strict JSON are refused") {
    const std::string good = entry("a", "2", "0,2");
    for (const std::string& header :
         {std::string(), std::string("["), " {" + good + "}", "{" + good, "{" + good + ",}", "{" + good + "}x", std::string("{'a':1}"),
          object(entry("a", "2,", "0,2")), object(entry("a", "02", "0,2")), object(entry("a", "2.0", "0,2")), object(entry("a", "-2", "0,2")),
          object(entry("a", "2e0", "0,2")), object(entry("\xff", "2", "0,2")), std::string(R"({"__metadata__":{"k":1}})"),
          std::string(R"({"__metadata__":[]})"), std::string(R"({"a":null})"), object(good) + std::string(1, '\0')}) {
        INFO(header);
        CHECK_THROWS_AS(decoded_safetensors(header, 2), FileError);
    }
}

TEST_CASE("a safetensors header may be no longer than 100 MB, or than the file") {
    CHECK_THROWS_WITH(decoded_safetensors(std::string("\x01\xe1\xf5\x05\0\0\0\0{}", 10)), Contains("header of at most 100000000 bytes, got 100000001"));
    CHECK_THROWS_AS(decoded_safetensors(std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10)), FileError);
    CHECK_THROWS_WITH(decoded_safetensors(std::string("\x03\0\0\0\0\0\0\0{}", 10)), Contains("offset 8: expected 3 bytes for the header, got 2"));
}

TEST_CASE("a safetensors file cut off anywhere is refused") {
    check_every_cut_is_refused(one, [](const std::string& content) { return decoded_safetensors(content); });
}

TEST_CASE("a safetensors file with any bit flipped is refused or read as tensors of its size") {
    check_every_flip_is_survived(one, [](const std::string& content) {
        const TensorFile file = decoded_safetensors(content);
        REQUIRE(file.tensors.size() == 1);
        CHECK(file.tensors[0].second.numel() * static_cast<std::int64_t>(size_of(file.tensors[0].second.dtype())) == 8);
    });
}

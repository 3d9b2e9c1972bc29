#include "data/hostile_file.h"

#include <knoll/data/readers/idx.h>
#include <catch2/catch.hpp>

#include <zlib.h>

#include <vector>

using namespace knoll;

namespace {

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xffU);
    return bytes;
}

std::string idx(const std::vector<std::uint32_t>& extents, const std::string& values) {
    std::string bytes{'\0', '\0', '\x08', static_cast<char>(extents.size())};
    for (const std::uint32_t extent : extents) bytes += big_endian(extent);
    return bytes + values;
}

// Compressed in memory, with the gzip header that the gzip program writes.
std::string gzip(const std::string& bytes) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
    std::string in = bytes;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

const std::string images = idx({2, 3, 1}, std::string("\x00\x01\x02\xfd\xfe\xff", 6));
const std::string labels = idx({2}, std::string("\x04\x00", 2));

}  // namespace

TEST_CASE("IDX images and labels are read, plain and compressed alike") {
    const TemporaryFile plain_images(images), plain_labels(labels), packed_images(gzip(images)), packed_labels(gzip(labels));
    for (const auto& [image_file, label_file] : {std::pair{&plain_images, &plain_labels}, {&packed_images, &packed_labels}, {&plain_images, &packed_labels}}) {
        const data::LabeledImages set = data::load_idx(image_file->path(), label_file->path());
        CHECK(to_string(set.images().shape()) == "[2, 1, 3, 1]");
        CHECK(set.images().to_vector() == std::vector<double>{0, 1, 2, 253, 254, 255});
        CHECK(set.labels().to_vector() == std::vector<double>{4, 0});
        CHECK(set.labels().dtype() == DType::i64);
        CHECK(set.classes() == 5);
    }
}

TEST_CASE("an IDX file cut off anywhere is refused") {
    check_every_cut_is_refused(images, data::read_idx);
    check_every_cut_is_refused(gzip(images), data::read_idx);
}

TEST_CASE("an IDX file with any bit of its header flipped is refused") {
    check_every_flip_is_refused(images, 0, 16, data::read_idx);
    check_every_flip_is_survived(gzip(images), data::read_idx);
}

TEST_CASE("bytes after the values of an IDX file are refused") {
    const TemporaryFile plain(images + "x"), packed(gzip(images + "x")), trailing(gzip(images) + "x");
    CHECK_THROWS_WITH(data::read_idx(plain.path()), Catch::Contains("[idx]") && Catch::Contains("offset 22: expected the end of the file, got 1 more bytes"));
    CHECK_THROWS_WITH(data::read_idx(packed.path()), Catch::Contains("offset 22: expected the end of the inflated bytes, got more"));
    CHECK_THROWS_WITH(data::read_idx(trailing.path()),
                      Catch::Contains("offset 22: expected the end of the file, another member or zeros after the gzip stream, got 1 more bytes"));
}

TEST_CASE("a gzip stream of several members is read whole, and so is one with zeros behind it") {
    const std::vector<double> expected{0, 1, 2, 253, 254, 255};
    const std::string zeros(512, '\0');
    for (std::size_t cut = 0; cut <= images.size(); ++cut) {
        INFO("cut at " << cut);
        const std::string two = gzip(images.substr(0, cut)) + gzip(images.substr(cut));
        const TemporaryFile file(two), padded(two + zeros), with_empty(gzip("") + two + gzip("") + gzip(""));
        for (const TemporaryFile* stream : {&file, &padded, &with_empty}) CHECK(data::read_idx(stream->path()).to_vector() == expected);
    }
    std::string bytes;
    for (const char byte : images) bytes += gzip(std::string(1, byte));
    CHECK(data::read_idx(TemporaryFile(bytes).path()).to_vector() == expected);
}

TEST_CASE("what follows a gzip stream and is neither a member nor zeros is refused, and so is a bomb behind its end") {
    const std::string two = gzip(images.substr(0, 20)) + gzip(images.substr(20));
    check_every_cut_is_refused(two, data::read_idx);
    check_every_flip_is_survived(two, data::read_idx);
    const auto refuses = [&](const std::string& content, const std::string& text) {
        const TemporaryFile file(content);
        CHECK_THROWS_WITH(data::read_idx(file.path()), Catch::Contains(text));
    };
    refuses(two + std::string("\0\0x", 3), "zeros after the gzip stream, got 3 more bytes");
    refuses(two + "\x1f", "zeros after the gzip stream, got 1 more bytes");
    refuses(two + std::string("\0", 1) + gzip(""), "zeros after the gzip stream");
    refuses(two + "\x1f\x8b", "expected a complete gzip stream, got one that is cut off");
    refuses(two + std::string("\x1f\x8b\x01\0", 4), "expected a valid gzip stream, got");
    refuses(two + gzip("x"), "offset 22: expected the end of the inflated bytes, got more");
    refuses(two + gzip(std::string(100'000'000, '\0')), "offset 22: expected the end of the inflated bytes, got more");
    refuses(gzip(idx({60000, 28, 28}, "")) + gzip(""), "expected extents of at most");
}

TEST_CASE("a small IDX file that claims to be huge asks for no memory") {
    const TemporaryFile plain(idx({0xffffffffU, 0xffffU, 0x7fffU}, "")), overflowing(idx({0xffffffffU, 0xffffffffU, 0xffffffffU}, ""));
    const TemporaryFile packed(gzip(idx({60000, 28, 28}, "")));
    CHECK_THROWS_WITH(data::read_idx(plain.path()), Catch::Contains("expected extents of at most 0 values, got [4294967295, 65535, 32767]"));
    CHECK_THROWS_WITH(data::read_idx(overflowing.path()), Catch::Contains("expected extents that fit the file"));
    CHECK_THROWS_WITH(data::read_idx(packed.path()), Catch::Contains("expected extents of at most") && Catch::Contains("got [60000, 28, 28]"));
}

TEST_CASE("an IDX extent of zero does not hide that the others overflow") {
    const TemporaryFile file(idx({0xfd4ab6b5U, 0xaefb0000U, 0}, ""));
    CHECK_THROWS_WITH(data::read_idx(file.path()), Catch::Contains("expected extents that fit the file, got [4249532085, 2935685120, 0]"));
}

TEST_CASE("a file that inflates to far more than its header states is refused without inflating it") {
    const TemporaryFile bomb(gzip(idx({1}, std::string(100'000'000, '\0'))));
    CHECK(std::filesystem::file_size(bomb.path()) < 200'000);
    CHECK_THROWS_WITH(data::read_idx(bomb.path()), Catch::Contains("offset 9: expected the end of the inflated bytes, got more"));
}

TEST_CASE("IDX values of other types than bytes are named") {
    const TemporaryFile floats(std::string("\0\0\x0d\x01\0\0\0\x01\0\0\0\0", 12));
    CHECK_THROWS_WITH(data::read_idx(floats.path()), Catch::Contains("expected values of type 8 (unsigned bytes), got type 13"));
}

TEST_CASE("images and labels that do not go together are refused") {
    const TemporaryFile image_file(images), label_file(labels), three(idx({3}, "abc")), none(idx({0}, ""));
    CHECK_THROWS_WITH(data::load_idx(image_file.path(), three.path()), Catch::Contains("got 3 in") && Catch::Contains("and 2 in"));
    CHECK_THROWS_WITH(data::load_idx(label_file.path(), label_file.path()), Catch::Contains("expected images [N, H, W]"));
    CHECK_THROWS_WITH(data::load_idx(image_file.path(), image_file.path()), Catch::Contains("expected labels [N]"));
    CHECK_THROWS_WITH(data::load_idx(image_file.path(), label_file.path(), {"cat", "dog"}), Catch::Contains("expected labels in 0..1, got 4"));
    CHECK_THROWS_AS(data::load_idx("/nonexistent/images", label_file.path()), FileError);
}

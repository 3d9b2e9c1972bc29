#include <knoll/core/files/atomic_file.h>
#include <knoll/core/files/byte_reader.h>
#include <knoll/data/readers/byte_source.h>

#include <zlib.h>

#include <algorithm>
#include <vector>

namespace knoll::data {

namespace {

using Bytes = std::vector<std::byte>;

bool is_gzip(std::span<const std::byte> bytes) { return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b}; }

class PlainSource : public ByteSource {
public:
    PlainSource(const std::string& format, const std::string& path, Bytes bytes)
        : ByteSource(format, path), bytes_(std::move(bytes)), reader_(format, path, bytes_) {}

    void read(std::span<std::byte> out, const char* what) override {
        std::ranges::copy(reader_.bytes(out.size(), what), out.begin());
        offset_ = reader_.offset();
    }
    std::uint64_t most_left() const override { return reader_.remaining(); }
    void expect_end() override { reader_.expect_end(); }

private:
    const Bytes bytes_;
    ByteReader reader_;
};

// One or more members, whose contents follow one another (RFC 1952).
class GzipSource : public ByteSource {
public:
    GzipSource(const std::string& format, const std::string& path, Bytes compressed) : ByteSource(format, path), compressed_(std::move(compressed)) {
        constexpr int gzip_only = 16;  // added to the window size: expect a gzip header
        require(inflateInit2(&stream_, MAX_WBITS + gzip_only) == Z_OK, "expected memory for inflating, got none");
    }
    ~GzipSource() override { inflateEnd(&stream_); }

    void read(std::span<std::byte> out, const char* what) override {
        const std::size_t got = inflate_into(out);
        require(got == out.size(), "expected ", out.size(), " bytes for ", what, ", got ", got, " when inflated");
        offset_ += got;
    }
    // Deflate makes at most 1032 bytes of one: a match of 258 bytes takes two bits.
    std::uint64_t most_left() const override { return compressed_left() * 1032; }
    void expect_end() override {
        std::byte extra[1];
        require(inflate_into(extra) == 0, "expected the end of the inflated bytes, got more");
        require(member_ended_, "expected a complete gzip stream, got one that is cut off after ", compressed_.size(), " bytes");
        const auto is_padding = [](std::byte byte) { return byte == std::byte{0}; };
        require(std::all_of(compressed_.end() - static_cast<std::ptrdiff_t>(compressed_left()), compressed_.end(), is_padding),
                "expected the end of the file, another member or zeros after the gzip stream, got ", compressed_left(), " more bytes");
    }

private:
    std::size_t compressed_left() const { return compressed_.size() - handed_over_ + stream_.avail_in; }

    // Begins the next member of the stream, if one follows the member that has ended.
    bool next_member() {
        if (!is_gzip(std::span(compressed_).last(compressed_left()))) return false;
        require(inflateReset(&stream_) == Z_OK, "expected to begin another member of the gzip stream, got a failure of zlib");
        member_ended_ = false;
        return true;
    }

    // Fills out as far as the stream goes; returns how far.
    std::size_t inflate_into(std::span<std::byte> out) {
        constexpr std::size_t piece = std::size_t{1} << 30;  // zlib counts in 32 bits
        std::size_t made = 0;
        while (made < out.size() && (!member_ended_ || next_member())) {
            if (stream_.avail_in == 0) {
                const std::size_t count = std::min(piece, compressed_.size() - handed_over_);
                if (count == 0) break;
                stream_.next_in = reinterpret_cast<Bytef*>(compressed_.data() + handed_over_);
                stream_.avail_in = static_cast<uInt>(count);
                handed_over_ += count;
            }
            const std::size_t room = std::min(piece, out.size() - made);
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + made);
            stream_.avail_out = static_cast<uInt>(room);
            const int status = inflate(&stream_, Z_NO_FLUSH);
            made += room - stream_.avail_out;
            member_ended_ = status == Z_STREAM_END;
            require(member_ended_ || status == Z_OK || status == Z_BUF_ERROR, "expected a valid gzip stream, got ",
                    stream_.msg == nullptr ? "a damaged one" : stream_.msg, " near byte ", compressed_.size() - compressed_left());
        }
        return made;
    }

    Bytes compressed_;
    std::size_t handed_over_ = 0;  // bytes that zlib has been given
    z_stream stream_{};
    bool member_ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> open_source(const std::string& format, const std::string& path) {
    Bytes bytes = read_file(path);
    if (is_gzip(bytes)) return std::make_unique<GzipSource>(format, path, std::move(bytes));
    return std::make_unique<PlainSource>(format, path, std::move(bytes));
}

}  // namespace knoll::data

// An archive is read from its end: a record there says where the central directory lies, which lists the members. The
// local headers before each member's data repeat the list; only the name in them is compared.
#include <knoll/core/files/byte_reader.h>
#include <knoll/core/files/zip.h>
#include <knoll/core/files/zip_format.h>

#include <algorithm>

#include <zlib.h>

namespace knoll {

namespace {

constexpr std::uint64_t deflate_limit = 1032;  // no deflated byte stands for more

struct Entry {
    std::string name;
    std::uint16_t method = 0;
    std::uint32_t checksum = 0;
    std::uint32_t packed_size = 0;
    std::uint32_t size = 0;
    std::uint32_t header_offset = 0;
};

// Places the reader behind the signature of the end record: the last place where one fits with its comment.
void seek_end_record(ByteReader& reader, std::span<const std::byte> archive) {
    const std::size_t last = archive.size() < zip::end_size ? 0 : archive.size() - zip::end_size;
    const std::size_t first = last < 0xffff ? 0 : last - 0xffff;
    for (std::size_t at = last + 1; at-- > first && archive.size() >= zip::end_size;) {
        ByteReader candidate("npz", reader.path(), archive.subspan(at));
        if (candidate.little_endian<std::uint32_t>("a signature") != zip::end_signature) continue;
        candidate.seek(zip::end_size - 2, "the comment's length");
        if (candidate.little_endian<std::uint16_t>("the comment's length") != candidate.remaining()) continue;
        reader.seek(at + 4, "the end record");
        return;
    }
    reader.fail("expected a zip archive, got no end record");
}

// They would cut error texts short, or make a terminal do things.
bool has_control_characters(const std::string& name) {
    return std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Entry read_entry(ByteReader& reader) {
    reader.require(reader.little_endian<std::uint32_t>("a signature") == zip::central_signature,
                   "expected an entry of the central directory, got something else");
    Entry entry;
    reader.bytes(4, "versions");
    const auto flags = reader.little_endian<std::uint16_t>("flags");
    reader.require((flags & zip::flag_encrypted) == 0, "expected a member without encryption, got an encrypted one");
    entry.method = reader.little_endian<std::uint16_t>("a method");
    reader.require(entry.method == zip::stored || entry.method == zip::deflated, "expected a stored or deflated member, got compression method ", entry.method);
    reader.bytes(4, "a time");
    entry.checksum = reader.little_endian<std::uint32_t>("a checksum");
    entry.packed_size = reader.little_endian<std::uint32_t>("a size");
    entry.size = reader.little_endian<std::uint32_t>("a size");
    const auto name_size = reader.little_endian<std::uint16_t>("a name's length");
    const auto extra_size = reader.little_endian<std::uint16_t>("an extra field's length");
    const auto comment_size = reader.little_endian<std::uint16_t>("a comment's length");
    reader.bytes(8, "disk number and attributes");
    entry.header_offset = reader.little_endian<std::uint32_t>("an offset");
    reader.require(entry.packed_size != zip::limit && entry.size != zip::limit && entry.header_offset != zip::limit,
                   "expected an archive below 4 GiB, got zip64; save its arrays one by one as .npy");
    entry.name = reader.characters(name_size, "a name");
    reader.require(!has_control_characters(entry.name), "expected names without control characters, got one with some");
    reader.bytes(extra_size, "an extra field");
    reader.bytes(comment_size, "a comment");
    const std::uint64_t packed = entry.packed_size;
    reader.require(entry.method == zip::stored ? entry.size == packed : entry.size <= packed * deflate_limit, "expected ", entry.name, " to unpack from ",
                   packed, " bytes, got a size of ", entry.size);
    return entry;
}

std::vector<Entry> read_directory(ByteReader& reader, std::span<const std::byte> archive) {
    seek_end_record(reader, archive);
    const std::size_t end_record = reader.offset() - 4;
    reader.require(reader.little_endian<std::uint32_t>("disk numbers") == 0, "expected an archive in one part, got several");
    const auto count = reader.little_endian<std::uint16_t>("the number of members");
    reader.require(reader.little_endian<std::uint16_t>("the number of members") == count, "expected an archive in one part, got several");
    const auto size = reader.little_endian<std::uint32_t>("the directory's size");
    const auto offset = reader.little_endian<std::uint32_t>("the directory's offset");
    reader.require(count != zip::member_limit && offset != zip::limit, "expected an archive below 4 GiB, got zip64; save its arrays one by one as .npy");
    reader.require(std::uint64_t{offset} + size == end_record, "expected the central directory to end where the end record begins, got ", size, " bytes at ",
                   offset);
    reader.seek(offset, "the central directory");
    std::vector<Entry> entries;
    entries.reserve(count);
    for (int i = 0; i < count; ++i) entries.push_back(read_entry(reader));
    reader.require(reader.offset() == end_record, "expected ", count, " members, got more in the central directory");
    return entries;
}

// The member's bytes as they lie in the archive.
std::span<const std::byte> packed_bytes(ByteReader& reader, const Entry& entry) {
    reader.seek(entry.header_offset, "a member");
    reader.require(reader.little_endian<std::uint32_t>("a signature") == zip::local_signature, "expected the header of ", entry.name, ", got something else");
    reader.bytes(22, "a member's header");
    const auto name_size = reader.little_endian<std::uint16_t>("a name's length");
    const auto extra_size = reader.little_endian<std::uint16_t>("an extra field's length");
    reader.require(reader.characters(name_size, "a name") == entry.name, "expected the header of ", entry.name, ", got that of another member");
    reader.bytes(extra_size, "an extra field");
    return reader.bytes(entry.packed_size, entry.name);
}

// Overlapping members are how a small archive unpacks to something huge.
void require_apart(const ByteReader& reader, std::vector<std::span<const std::byte>> members) {
    std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.data() < b.data(); });
    for (std::size_t i = 1; i < members.size(); ++i)
        reader.require(members[i - 1].data() + members[i - 1].size() <= members[i].data(), "expected members that lie apart, got two that overlap");
}

// A zlib stream that is closed whatever happens.
class Inflater {
public:
    Inflater() : ready_(::inflateInit2(&stream_, -MAX_WBITS) == Z_OK) {}  // negative: no zlib header around the data
    ~Inflater() {
        if (ready_) ::inflateEnd(&stream_);
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    // True if the input unpacks to exactly as many bytes as there is room for.
    bool run(std::span<const std::byte> in, std::span<std::byte> out) {
        std::byte nothing{};  // zlib refuses a null pointer even where it has nothing to write
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
        stream_.avail_in = static_cast<uInt>(in.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.empty() ? &nothing : out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        return ready_ && ::inflate(&stream_, Z_FINISH) == Z_STREAM_END && stream_.avail_in == 0 && stream_.avail_out == 0;
    }

private:
    z_stream stream_{};
    bool ready_;
};

std::vector<std::byte> unpack(const ByteReader& reader, const Entry& entry, std::span<const std::byte> packed) {
    std::vector<std::byte> bytes;
    if (entry.method == zip::stored) {
        bytes.assign(packed.begin(), packed.end());
    } else {
        bytes.resize(entry.size);
        reader.require(Inflater().run(packed, bytes), "expected ", entry.name, " to unpack to ", entry.size, " bytes, got a broken stream");
    }
    const std::uint32_t checksum = zip::extend_checksum(0, bytes);
    reader.require(checksum == entry.checksum, "expected checksum ", entry.checksum, " of ", entry.name, ", got ", checksum);
    return bytes;
}

}  // namespace

std::vector<UnzippedMember> read_zip(std::span<const std::byte> archive, const std::string& path) {
    ByteReader reader("npz", path, archive);
    const std::vector<Entry> entries = read_directory(reader, archive);
    std::vector<std::span<const std::byte>> packed;
    packed.reserve(entries.size());
    for (const Entry& entry : entries) packed.push_back(packed_bytes(reader, entry));
    require_apart(reader, packed);
    std::vector<UnzippedMember> members;
    for (std::size_t i = 0; i < entries.size(); ++i) members.push_back({entries[i].name, unpack(reader, entries[i], packed[i])});
    return members;
}

}  // namespace knoll

#include <knoll/core/error.h>
#include <knoll/core/files/atomic_file.h>
#include <knoll/core/files/zip.h>
#include <knoll/core/files/zip_format.h>

#include <algorithm>
#include <set>

namespace knoll {

namespace {

constexpr std::uint16_t date = 1 << 5 | 1;  // 1 January 1980: equal contents give equal files

// Bytes appended least significant first.
class Record {
public:
    template <class Number>
    Record& add(Number number) {
        for (std::size_t i = 0; i < sizeof(Number); ++i) bytes_ += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xff);
        return *this;
    }
    Record& add_text(const std::string& text) {
        bytes_ += text;
        return *this;
    }
    std::span<const std::byte> bytes() const { return std::as_bytes(std::span(bytes_)); }
    std::size_t size() const { return bytes_.size(); }

private:
    std::string bytes_;
};

struct Member {
    const ZipMember& content;
    std::uint32_t checksum = 0;
    std::uint32_t size = 0;
    std::uint32_t header_offset = 0;
};

// What local headers and central directory have in common.
void add_description(Record& record, const Member& member) {
    const std::string& name = member.content.name;
    const bool ascii = std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    record.add(zip::version).add(ascii ? std::uint16_t{0} : zip::flag_utf8).add(zip::stored);
    record.add(std::uint16_t{0}).add(date).add(member.checksum).add(member.size).add(member.size);
    record.add(static_cast<std::uint16_t>(name.size())).add(std::uint16_t{0});
}

Record local_header(const Member& member) {
    Record record;
    record.add(zip::local_signature);
    add_description(record, member);
    record.add_text(member.content.name);
    return record;
}

void add_to_directory(Record& directory, const Member& member) {
    directory.add(zip::central_signature).add(zip::version);
    add_description(directory, member);
    directory.add(std::uint16_t{0}).add(std::uint16_t{0}).add(std::uint16_t{0}).add(std::uint32_t{0});  // comment, disk, attributes
    directory.add(member.header_offset).add_text(member.content.name);
}

std::uint64_t size_of_parts(const ZipMember& member) {
    std::uint64_t size = 0;
    for (const auto& part : member.parts) size += part.size();
    return size;
}

void require_writable(const std::vector<ZipMember>& members) {
    require<ValueError>(members.size() < zip::member_limit, "[npz] expected fewer than 65535 members, got ", members.size());
    std::set<std::string> names;
    std::uint64_t bytes = zip::end_size;
    for (const ZipMember& member : members) {
        const std::size_t length = member.name.size();
        require<ValueError>(length > 0 && length < 0xffff, "[npz] expected names of 1 to 65534 bytes, got one of ", length);
        require<ValueError>(names.insert(member.name).second, "[npz] expected each name once, got ", member.name, " again");
        bytes += size_of_parts(member) + zip::local_size + zip::entry_size + 2 * length;
    }
    require<ValueError>(bytes < zip::limit, "[npz] expected an archive below 4 GiB, got ", bytes, " bytes; use safetensors, or .npy files");
}

Member describe(const ZipMember& content, std::size_t offset) {
    Member member{.content = content, .size = static_cast<std::uint32_t>(size_of_parts(content)), .header_offset = static_cast<std::uint32_t>(offset)};
    for (const auto& part : content.parts) member.checksum = zip::extend_checksum(member.checksum, part);
    return member;
}

}  // namespace

void write_zip(const std::string& path, const std::vector<ZipMember>& members) {
    require_writable(members);
    std::vector<Record> headers;
    headers.reserve(members.size());  // the parts point into them
    std::vector<std::span<const std::byte>> parts;
    Record directory;
    std::size_t offset = 0;
    for (const ZipMember& content : members) {
        const Member member = describe(content, offset);
        headers.push_back(local_header(member));
        parts.push_back(headers.back().bytes());
        parts.insert(parts.end(), content.parts.begin(), content.parts.end());
        add_to_directory(directory, member);
        offset += headers.back().size() + member.size;
    }
    const auto count = static_cast<std::uint16_t>(members.size());
    Record end;
    end.add(zip::end_signature).add(std::uint32_t{0}).add(count).add(count).add(static_cast<std::uint32_t>(directory.size()));
    end.add(static_cast<std::uint32_t>(offset)).add(std::uint16_t{0});
    parts.push_back(directory.bytes());
    parts.push_back(end.bytes());
    write_file(path, parts);
}

}  // namespace knoll

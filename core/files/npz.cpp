#include <knoll/core/files/atomic_file.h>
#include <knoll/core/files/npy.h>
#include <knoll/core/files/npz.h>
#include <knoll/core/files/raw_bytes.h>
#include <knoll/core/files/zip.h>

#include <set>

namespace knoll {

namespace {

constexpr std::string_view extension = ".npy";

}  // namespace

NamedTensors decode_npz(std::span<const std::byte> bytes, const std::string& path) {
    NamedTensors tensors;
    std::set<std::string> names;
    for (const UnzippedMember& member : read_zip(bytes, path)) {
        require<FileError>(member.name.ends_with(extension), "[npz] ", path, ": expected members that are .npy files, got ", member.name);
        const std::string name = member.name.substr(0, member.name.size() - extension.size());
        require<FileError>(names.insert(name).second, "[npz] ", path, ": expected each name once, got ", name, " again");
        tensors.emplace_back(name, decode_npy(member.bytes, path + ":" + member.name));
    }
    return tensors;
}

NamedTensors load_npz(const std::string& path) { return decode_npz(read_file(path), path); }

void save_npz(const std::string& path, const NamedTensors& tensors) {
    std::vector<std::string> headers;
    headers.reserve(tensors.size());  // the members point into them
    std::vector<ZipMember> members;
    for (const auto& [name, tensor] : tensors) {
        require<ValueError>(!name.empty(), "[npz] expected a name for every tensor, got an empty one");
        headers.push_back(npy_header(tensor));
        members.push_back({name + std::string(extension), {std::as_bytes(std::span(headers.back())), raw_bytes(tensor)}});
    }
    write_zip(path, members);
}

}  // namespace knoll

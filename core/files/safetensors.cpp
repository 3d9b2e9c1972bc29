#include <knoll/core/files/atomic_file.h>
#include <knoll/core/files/json_text.h>
#include <knoll/core/files/raw_bytes.h>
#include <knoll/core/files/safetensors.h>
#include <knoll/core/files/safetensors_header.h>

#include <algorithm>
#include <bit>
#include <set>

namespace knoll {

namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied between files and memory as they are");

// Throws unless the tensors' bytes, taken in order, cover everything behind the header exactly once.
void require_covered(const ByteReader& reader, const std::vector<TensorEntry>& entries) {
    std::vector<const TensorEntry*> in_order;
    in_order.reserve(entries.size());
    for (const TensorEntry& entry : entries) in_order.push_back(&entry);
    std::sort(in_order.begin(), in_order.end(), [](const auto* a, const auto* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
    std::uint64_t covered = 0;
    for (const TensorEntry* entry : in_order) {
        reader.require(entry->begin == covered && entry->end >= entry->begin, "expected tensors without overlap or hole, ", json_quoted(entry->name), " at ",
                       covered, ", got data_offsets ", entry->begin, " and ", entry->end);
        covered = entry->end;
    }
    reader.require(covered == reader.remaining(), "expected ", covered, " bytes behind the header, got ", reader.remaining());
}

Shape checked_shape(const ByteReader& reader, const TensorEntry& entry) {
    std::vector<std::uint64_t> factors = entry.shape;
    factors.push_back(size_of(entry.dtype));
    const std::uint64_t bytes = reader.product(factors, "bytes");
    reader.require(bytes == entry.end - entry.begin, "expected data_offsets of ", json_quoted(entry.name), " that are ", bytes, " bytes apart, got ",
                   entry.begin, " and ", entry.end);
    Shape shape;
    for (const std::uint64_t extent : entry.shape) shape.push_back(static_cast<std::int64_t>(extent));
    return shape;
}

void require_names(const NamedTensors& tensors) {
    std::set<std::string> names;
    for (const auto& [name, tensor] : tensors) {
        require<ValueError>(!name.empty() && name != "__metadata__", "[safetensors] expected names that are not empty and not __metadata__, got ",
                            json_quoted(name));
        require<ValueError>(names.insert(name).second, "[safetensors] expected each name once, got ", json_quoted(name), " again");
    }
}

// The tensors with the largest elements first, so that each begins at a multiple of its element's size.
std::vector<std::size_t> storage_order(const NamedTensors& tensors) {
    std::vector<std::size_t> order(tensors.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return size_of(tensors[a].second.dtype()) > size_of(tensors[b].second.dtype()); });
    return order;
}

}  // namespace

TensorFile load_safetensors(const std::string& path) { return decode_safetensors(read_file(path), path); }

TensorFile decode_safetensors(std::span<const std::byte> bytes, const std::string& path) {
    ByteReader reader("safetensors", path, bytes);
    SafetensorsHeader header = read_safetensors_header(reader);
    require_covered(reader, header.entries);
    const std::span<const std::byte> elements = bytes.subspan(reader.offset());
    TensorFile file{.tensors = {}, .metadata = std::move(header.metadata)};
    for (const TensorEntry& entry : header.entries) {
        const Tensor tensor = empty(checked_shape(reader, entry), entry.dtype);
        const auto source = elements.subspan(static_cast<std::size_t>(entry.begin), static_cast<std::size_t>(entry.end - entry.begin));
        std::copy(source.begin(), source.end(), static_cast<std::byte*>(tensor.raw_data()));
        file.tensors.emplace_back(entry.name, tensor);
    }
    return file;
}

void save_safetensors(const std::string& path, const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
    require_names(tensors);
    SafetensorsHeader header{.entries = {}, .metadata = metadata};
    for (const auto& [name, tensor] : tensors) {
        TensorEntry entry{.name = name, .dtype = tensor.dtype()};
        for (const std::int64_t extent : tensor.shape()) entry.shape.push_back(static_cast<std::uint64_t>(extent));
        header.entries.push_back(std::move(entry));
    }
    std::vector<std::span<const std::byte>> parts{{}};  // the header's place
    std::uint64_t offset = 0;
    for (const std::size_t i : storage_order(tensors)) {
        parts.push_back(raw_bytes(tensors[i].second));
        header.entries[i].begin = offset;
        offset += parts.back().size();
        header.entries[i].end = offset;
    }
    const std::string text = write_safetensors_header(header);
    parts.front() = std::as_bytes(std::span(text));
    write_file(path, parts);
}

}  // namespace knoll

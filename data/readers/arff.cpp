// Two passes over the rows: the first counts them, and makes sure that the table they state is in proportion to the file;
// the second fills it.
#include <knoll/core/files/atomic_file.h>
#include <knoll/core/ops/shape.h>
#include <knoll/data/readers/arff.h>
#include <knoll/data/readers/arff_header.h>
#include <knoll/data/readers/arff_tokens.h>

#include <algorithm>
#include <cstdlib>

namespace knoll::data {

namespace {

// Sparse rows may stand for many more zeros than the file has bytes, up to this factor.
constexpr std::uint64_t most_bytes_per_byte = 1024;

struct Table {
    std::vector<ArffAttribute> attributes;  // none without a header
    std::int64_t columns = 0;
    std::int64_t first_label = 0;
    Tensor values;  // f32 [rows, columns]
};

bool is_sparse(std::string_view line) { return line.front() == '{'; }

// Calls visit(value) for every value of the dense row that `lines` stands on; empty where two commas follow each other or one ends it.
template <class Visit>
void for_each_value(const TextLines& lines, const Visit& visit) {
    ArffTokens tokens(lines);
    while (true) {
        lines.require(!tokens.take('{') && !tokens.take('}'), "expected braces around a whole row or nowhere, got ", shown(lines.line()));
        visit(tokens.value());
        if (!tokens.take(',') && tokens.at_end()) return;
    }
}

std::int64_t count_values(const TextLines& lines) {
    std::int64_t count = 0;
    for_each_value(lines, [&](std::string_view) { ++count; });
    return count;
}

// `lines` stands before the first row. A dense row has a byte for each of its values and more; sparse ones may not.
std::int64_t count_rows(TextLines lines, std::int64_t columns, std::size_t file_bytes) {
    std::int64_t rows = 0;
    for (; lines.next(); ++rows) {
        const std::int64_t fields = is_sparse(lines.line()) ? columns : count_values(lines);
        lines.require(fields == columns, "expected ", columns, " values, got ", fields);
    }
    lines.require(rows > 0, "expected at least one row, got none");
    std::uint64_t bytes = sizeof(float);
    const bool fits = !__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(rows), &bytes) &&
                      !__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(columns), &bytes) && bytes <= most_bytes_per_byte * file_bytes;
    lines.require(fits, "expected rows that stand for at most ", most_bytes_per_byte, " times the file's ", file_bytes, " bytes, got ", rows, " rows of ",
                  columns, " values");
    return rows;
}

void read_dense(const TextLines& lines, std::span<float> row) {
    auto into = row.begin();
    for_each_value(lines, [&](std::string_view value) { *into++ = lines.number(value); });
}

// {index value, index value, ...}, the indices from 0 and rising.
void read_sparse(const TextLines& lines, const std::vector<ArffAttribute>& attributes, std::span<float> row) {
    std::transform(attributes.begin(), attributes.end(), row.begin(), [](const ArffAttribute& attribute) { return attribute.unmentioned; });
    ArffTokens tokens(lines);
    tokens.take('{');
    for (float least = 0.0F; !tokens.take('}'); tokens.take(',')) {
        lines.require(!tokens.at_end(), "expected a closing brace at the end of a sparse row, got none");
        const float index = lines.number(tokens.value());
        lines.require(index >= least && index < static_cast<float>(row.size()) && index == static_cast<float>(static_cast<std::int64_t>(index)),
                      "expected rising indices in 0..", row.size() - 1, ", got ", index);
        row[static_cast<std::size_t>(index)] = lines.number(tokens.value());
        least = index + 1.0F;
    }
    lines.require(tokens.at_end(), "expected the end of the line after a sparse row, got ", shown(tokens.rest()));
}

Table read_table(const std::string& path, std::int64_t labels) {
    const std::vector<std::byte> bytes = read_file(path);
    TextLines lines("arff", path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    TextLines rows = lines;
    lines.require(lines.next(), "expected a header or numbers, got nothing");
    ArffHeader header = read_arff_header(lines);
    lines.require(header.labels == 0 || std::abs(header.labels) == labels, "expected ", std::abs(header.labels), " labels, as the relation's -C ",
                  header.labels, " says, got ", labels);
    Table table{std::move(header.attributes), 0, 0, {}};
    table.columns = static_cast<std::int64_t>(table.attributes.size());
    if (table.attributes.empty()) {
        lines.require(!is_sparse(lines.line()), "expected a header before sparse rows, got none");
        table.columns = count_values(lines);
    } else {
        rows = lines;
    }
    lines.require(labels >= 1 && labels < table.columns, "expected features beside ", labels, " labels, got ", table.columns, " columns");
    table.first_label = header.labels > 0 ? 0 : table.columns - labels;

    const std::int64_t count = count_rows(rows, table.columns, bytes.size());
    table.values = empty({count, table.columns});
    const std::span<float> values(table.values.fresh_data<float>(), static_cast<std::size_t>(table.values.numel()));
    const auto width = static_cast<std::size_t>(table.columns);
    for (std::size_t r = 0; rows.next(); ++r) {
        const std::span<float> row = values.subspan(r * width, width);
        is_sparse(rows.line()) ? read_sparse(rows, table.attributes, row) : read_dense(rows, row);
        for (std::size_t c = 0; c < table.attributes.size(); ++c)
            rows.require(!table.attributes[c].binary || row[c] == 0.0F || row[c] == 1.0F, "expected 0 or 1 for ", shown(table.attributes[c].name), ", got ",
                         row[c]);
        for (const float label : row.subspan(static_cast<std::size_t>(table.first_label), static_cast<std::size_t>(labels)))
            rows.require(label == 0.0F || label == 1.0F, "expected labels of 0 or 1, got ", label);
    }
    return table;
}

}  // namespace

MultiLabelImages load_arff(const std::string& path, const ArffOptions& options) {
    const Table table = read_table(path, options.labels);
    const std::int64_t count = table.values.size(0);
    const std::int64_t features = table.columns - options.labels;
    require<ValueError>(options.image.empty() || (options.image.rank() == 3 && options.image.numel() == features), "[arff] expected an image [C, H, W] of ",
                        features, " features, got ", options.image);
    const std::int64_t label_end = table.first_label + options.labels;
    Tensor images = table.first_label == 0 ? slice(table.values, 1, label_end, table.columns) : slice(table.values, 1, 0, features);
    if (!options.image.empty()) images = reshape(images, {count, options.image[0], options.image[1], options.image[2]});
    std::vector<std::string> names;
    if (!table.attributes.empty())
        for (std::int64_t c = table.first_label; c < label_end; ++c) names.push_back(table.attributes[static_cast<std::size_t>(c)].name);
    return {std::move(images), slice(table.values, 1, table.first_label, label_end).to(DType::u8), std::move(names)};
}

}  // namespace knoll::data

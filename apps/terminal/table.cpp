#include <knoll/apps/terminal/table.h>

#include <knoll/core/error.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ostream>

namespace knoll::apps {

namespace {

std::string padded(const Console& console, const Table::Cell& cell, std::size_t width, bool right) {
    const std::string space(width - display_width(cell.text), ' ');
    const std::string text = cell.best ? bold(console, cell.text) : cell.text;
    return right ? space + text : text + space;
}

}  // namespace

void Table::add(std::vector<Cell> row) {
    require<ValueError>(row.size() == header_.size(), "[Table] expected ", header_.size(), " cells, got ", row.size());
    rows_.push_back(std::move(row));
}

void Table::print(const Console& console) const {
    std::vector<std::size_t> widths;
    for (const std::string& title : header_) widths.push_back(display_width(title));
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i].text));

    const auto print_row = [&](const std::vector<Cell>& row) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) line += (i > 0 ? "  " : "") + padded(console, row[i], widths[i], i >= numbers_);
        line.erase(line.find_last_not_of(' ') + 1);
        console.out << line << '\n';
    };

    std::vector<Cell> titles;
    for (const std::string& title : header_) titles.push_back({.text = title});
    print_row(titles);
    std::size_t total = 2 * (widths.size() - 1);
    for (const std::size_t width : widths) total += width;
    for (std::size_t i = 0; i < total; ++i) console.out << "─";
    console.out << '\n';
    for (const auto& row : rows_) print_row(row);
}

std::size_t display_width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string fixed(double number, int decimals) {
    if (!std::isfinite(number)) return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
    std::array<char, 400> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed, decimals).ptr;
    const std::string text{digits.data(), end};
    return text.find_first_not_of("-0.") == std::string::npos && text.front() == '-' ? text.substr(1) : text;  // no minus before a zero
}

}  // namespace knoll::apps

#include <knoll/apps/terminal/table.h>

#include <knoll/apps/terminal/display_width.h>
#include <knoll/core/error.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <ostream>
#include <utility>

namespace knoll::apps {

namespace {

std::string padded(const Console& console, const Table::Cell& cell, std::size_t width, bool right) {
    const std::string space(width - display_width(cell.text), ' ');
    const std::string text = cell.best ? bold(console, cell.text) : cell.text;
    return right ? space + text : text + space;
}

// Of the chosen columns, with two blanks between them.
std::size_t total_width(const std::vector<std::size_t>& widths, const std::vector<std::size_t>& chosen) {
    std::size_t total = chosen.empty() ? 0 : 2 * (chosen.size() - 1);
    for (const std::size_t i : chosen) total += widths[i];
    return total;
}

}  // namespace

void Table::add(std::vector<Cell> row) {
    require<ValueError>(row.size() == header_.size(), "[Table] expected ", header_.size(), " cells, got ", row.size());
    rows_.push_back(std::move(row));
}

Table::Columns Table::widths() const {
    Columns widths;
    for (const std::string& title : header_) widths.push_back(display_width(title));
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i].text));
    return widths;
}

// At least one column of numbers in each, however narrow the terminal.
std::vector<Table::Columns> Table::parts(const Columns& widths, std::size_t most) const {
    Columns names(std::min(numbers_, widths.size()));
    std::iota(names.begin(), names.end(), std::size_t{0});
    std::vector<Columns> parts{names};
    for (std::size_t i = names.size(); i < widths.size(); ++i) {
        parts.back().push_back(i);
        if (total_width(widths, parts.back()) <= most || parts.back().size() == names.size() + 1) continue;
        parts.back().pop_back();
        parts.push_back(names);
        parts.back().push_back(i);
    }
    return parts;
}

void Table::print(const Console& console) const {
    const Columns widths = this->widths();
    std::vector<Cell> titles;
    for (const std::string& title : header_) titles.push_back({.text = title});
    const std::size_t most = console.terminal ? columns(console) - 1 : std::numeric_limits<std::size_t>::max();

    bool first = true;
    for (const Columns& part : parts(widths, most)) {
        const auto print_row = [&](const std::vector<Cell>& row) {
            std::string line;
            for (const std::size_t i : part) line += (i > 0 ? "  " : "") + padded(console, row[i], widths[i], i >= numbers_);
            line.erase(line.find_last_not_of(' ') + 1);
            console.out << line << '\n';
        };
        if (!std::exchange(first, false)) console.out << '\n';
        print_row(titles);
        for (std::size_t i = 0; i < std::min(total_width(widths, part), most); ++i) console.out << "─";
        console.out << '\n';
        for (const auto& row : rows_) print_row(row);
    }
}

std::string fixed(double number, int decimals) {
    if (!std::isfinite(number)) return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
    std::array<char, 400> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed, decimals).ptr;
    const std::string text{digits.data(), end};
    return text.find_first_not_of("-0.") == std::string::npos && text.front() == '-' ? text.substr(1) : text;  // no minus before a zero
}

}  // namespace knoll::apps

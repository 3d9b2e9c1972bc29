// Tables in plain text: aligned columns under a rule.
#pragma once

#include <knoll/apps/terminal/console.h>

#include <cstddef>
#include <string>
#include <vector>

namespace knoll::apps {

class Table {
public:
    struct Cell {
        std::string text;
        bool best = false;  ///< bold on a terminal
    };

    /// Columns before `numbers` are aligned left, those from it on right.
    Table(std::vector<std::string> header, std::size_t numbers) : header_(std::move(header)), numbers_(numbers) {}

    /// As many cells as the header has.
    void add(std::vector<Cell> row);
    /// On a terminal that is too narrow for all columns, in several parts below each other, each of which begins with the columns before
    /// `numbers`; elsewhere as wide as it is.
    void print(const Console& console) const;

private:
    using Columns = std::vector<std::size_t>;

    Columns widths() const;
    std::vector<Columns> parts(const Columns& widths, std::size_t most) const;

    std::vector<std::string> header_;
    std::size_t numbers_;
    std::vector<std::vector<Cell>> rows_;
};

/// A number with so many decimals, whatever the locale.
std::string fixed(double number, int decimals);

}  // namespace knoll::apps

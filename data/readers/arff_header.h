// The part of an ARFF file before its rows.
#pragma once

#include <knoll/data/readers/text_lines.h>

#include <vector>

namespace knoll::data {

struct ArffAttribute {
    std::string name;
    bool binary = false;  ///< declared as {0,1}, otherwise numeric
};

/// The attributes, if the line that `lines` stands on begins a header; leaves it on the last line of the header, @data.
/// Throws FileError on attributes of other types than numeric, real, integer and {0,1}.
std::vector<ArffAttribute> read_arff_header(TextLines& lines);

}  // namespace knoll::data

// The part of an ARFF file before its rows.
#pragma once

#include <knoll/data/readers/text_lines.h>

#include <vector>

namespace knoll::data {

struct ArffAttribute {
    std::string name;
    bool binary = false;    ///< declared as {0,1} or {1,0}, otherwise numeric
    float unmentioned = 0;  ///< what a sparse row means by leaving it out: of declared values the first
};

/// The attributes, if the line that `lines` stands on begins a header; leaves it on the last line of the header, @data.
/// Throws FileError on attributes of other types than numeric, real, integer and {0,1}.
std::vector<ArffAttribute> read_arff_header(TextLines& lines);

}  // namespace knoll::data

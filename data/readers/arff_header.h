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

struct ArffHeader {
    std::vector<ArffAttribute> attributes = {};  ///< none where the file has no header
    std::int64_t labels = 0;                     ///< MEKA's -C behind the colon of @relation: the first so many are labels, if negative the last; 0 if not said
};

/// The header, if the line that `lines` stands on begins one; leaves it on the last line of the header, @data.
/// Throws FileError on attributes of other types than numeric, real, integer and {0,1}.
ArffHeader read_arff_header(TextLines& lines);

}  // namespace knoll::data

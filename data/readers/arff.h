// ARFF, the format of Weka and of Mulan's multi-label sets, and plain comma-separated numbers.
#pragma once

#include <knoll/data/dataset.h>

namespace knoll::data {

struct ArffOptions {
    /// How many attributes are labels, each 0 or 1: the last ones (Mulan's convention), or those that the relation's -C says.
    std::int64_t labels = 1;
    Shape image = {};  ///< [C, H, W] where the features are an image, row-major
};

/// Features f32 [N, F] (or [N, C, H, W]) and labels. Attributes are numeric, {0,1} or {1,0}; rows dense or sparse ({index value, ...}), cut
/// into values as Weka does: at commas and blanks, but not within quotes, and % begins a comment. A file without a header is read as
/// comma-separated numbers. MEKA's relation 'name: -C 6' means that the first six attributes are the labels, -C -6 the last six; another
/// number of labels than it states is refused. Throws FileError with the line, also on missing values ('?').
MultiLabelImages load_arff(const std::string& path, const ArffOptions& options);

}  // namespace knoll::data

// ARFF, the format of Weka and of Mulan's multi-label sets, and plain comma-separated numbers.
#pragma once

#include <knoll/data/dataset.h>

namespace knoll::data {

struct ArffOptions {
    std::int64_t labels = 1;  ///< how many of the last attributes are labels, each 0 or 1 (Mulan's convention)
    Shape image = {};         ///< [C, H, W] where the features are an image, row-major
};

/// Features f32 [N, F] (or [N, C, H, W]) and labels. Attributes are numeric, {0,1} or {1,0}; rows dense or sparse ({index value, ...});
/// a file without a header is read as comma-separated numbers. Throws FileError with the line, also on missing values ('?').
MultiLabelImages load_arff(const std::string& path, const ArffOptions& options);

}  // namespace knoll::data

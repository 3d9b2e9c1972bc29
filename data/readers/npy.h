// Data sets of two .npy files: examples and labels.
#pragma once

#include <knoll/data/dataset.h>

namespace knoll::data {

/// Images [N, C, H, W] or [N, H, W], or features [N, F]: u8 or floating point (kept as f32). Labels: integers [N].
/// There are as many classes as the largest label says. Throws FileError, also if the files do not go together.
LabeledImages load_npy_labeled(const std::string& images_path, const std::string& labels_path);

/// The same with labels [N, classes] of 0 and 1, of any type.
MultiLabelImages load_npy_multi_label(const std::string& images_path, const std::string& labels_path);

}  // namespace knoll::data

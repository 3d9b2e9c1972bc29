// IDX, the format of MNIST and its kin (LeCun, Cortes, Burges): a type, the extents, the values; plain or as .gz.
#pragma once

#include <knoll/data/dataset.h>

namespace knoll::data {

/// The tensor in an IDX file of unsigned bytes, as u8. Throws FileError on anything that is not exactly such a file.
Tensor read_idx(const std::string& path);

/// Images [N, H, W] (or [N, C, H, W]) and their labels [N]. There are as many classes as the largest label says.
/// Throws FileError, also if the two files do not go together.
LabeledImages load_idx(const std::string& images_path, const std::string& labels_path, std::vector<std::string> class_names = {});

/// The classes of Fashion-MNIST (Xiao et al. 2017), in the order of its labels.
const std::vector<std::string>& fashion_mnist_classes();

}  // namespace knoll::data

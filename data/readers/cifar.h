// CIFAR-10 and CIFAR-100 in their binary version (Krizhevsky 2009): records of one or two label bytes and 3 x 32 x 32 pixels.
#pragma once

#include <knoll/data/dataset.h>

namespace knoll::data {

/// The examples of one or more files (data_batch_1.bin ...), in their order. Throws FileError on a file that is empty, not made of
/// whole records, or has a label out of range.
LabeledImages load_cifar10(const std::vector<std::string>& paths);

enum class Cifar100Labels { fine, coarse };  ///< 100 classes, or the 20 they are grouped into

/// The same for train.bin and test.bin of CIFAR-100.
LabeledImages load_cifar100(const std::vector<std::string>& paths, Cifar100Labels labels = Cifar100Labels::fine);

}  // namespace knoll::data

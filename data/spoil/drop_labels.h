// Missing labels, as in the experiments of the Hill and SPLC losses (Zhang et al. 2021, arXiv 2112.07368).
#pragma once

#include <knoll/data/dataset.h>

#include <string_view>

namespace knoll::data {

/// How many of the n positive labels of an image stay: 1; floor(n/5)+1; floor(n/2)+1; all. Named after the share that is
/// left over a whole data set such as COCO.
enum class Keep { single, forty, seventy_five, full };

/// "single", "40", "75" or "full".
std::string to_string(Keep keep);
/// The inverse. Throws ValueError that lists what there is.
Keep parse_keep(std::string_view text);

/// The number of labels that stay of an image's `positives`; never more than there are.
std::int64_t kept_labels(Keep keep, std::int64_t positives);

struct DropOptions {
    Keep keep = Keep::single;
    std::uint64_t seed = 0;
};

/// The same images, of whose positive labels only some are left, chosen uniformly for each image; the others read 0, as if absent.
/// An image's draw depends on (seed, keep, its index), so what 40 % keeps is no subset of what 75 % keeps.
MultiLabelImages drop_labels(const MultiLabelImages& set, const DropOptions& options);

struct RandomDropOptions {
    double rate = 0.4;  ///< probability that a positive label is dropped, in [0, 1]
    std::uint64_t seed = 0;
};

/// The same images, each of whose positive labels is dropped with the same probability, but never the last: where all would go, one of
/// them stays, chosen uniformly. An image's draw depends on (seed, its index) alone. Throws ValueError on a rate outside [0, 1].
MultiLabelImages drop_labels_at_random(const MultiLabelImages& set, const RandomDropOptions& options);

}  // namespace knoll::data

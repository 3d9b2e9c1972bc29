// Batches of a data set:
//
//     data::Loader loader{train, {.batch_size = 64, .shuffle = true, .seed = 1}};
//     for (const data::Batch& batch : loader) ...
//
// Every pass is an epoch of its own: begin() starts the pass of number epoch() and counts on, so a second loop over the same loader is the
// next epoch, whole and in another order if it is shuffled, and never the rest of one that was left early. Its order depends on (seed, epoch), and the
// augmentation of an example on (seed, epoch, position in that order): on nothing else, so prefetching and threads change no bit, and a run goes on in the
// middle of an epoch from two integers.
#pragma once

#include <knoll/data/loader/batch.h>
#include <knoll/data/loader/sampler.h>

#include <iterator>

namespace knoll::data {

struct LoaderOptions {
    std::int64_t batch_size = 1;
    bool shuffle = false;
    std::uint64_t seed = 0;
    std::int64_t epoch = 0;                  ///< number of the first pass; the next one is epoch + 1
    std::int64_t first_batch = 0;            ///< the first pass begins here; the batches before are not made
    Sampler sampler = {};                    ///< instead of shuffle: an order of one's own
    std::vector<Transform> transforms = {};  ///< applied to each example in turn
    bool drop_last = false;                  ///< leave out a last batch that is not full
    bool prefetch = true;                    ///< make batches ahead in a thread
};

class Loader {
public:
    class Iterator;

    /// Shares the data. Throws ValueError on a batch size below 1, a negative epoch or first batch, or shuffle beside a sampler.
    Loader(const Dataset& set, LoaderOptions options);

    /// Begins the pass of number epoch(), after which epoch() is one more and first_batch is 0. With prefetch a pass has a thread of its
    /// own, which ends with it. Several passes may be under way at once, each of another epoch and undisturbed by the others; each outlives
    /// the loader if need be. Throws ValueError if first_batch lies beyond the epoch, and whatever making a batch throws, as ++ does; then
    /// the loader is as before, and begin() tries the same pass again.
    Iterator begin();
    std::default_sentinel_t end() const { return {}; }

    /// The number of the pass that begin() would start.
    std::int64_t epoch() const { return options_.epoch; }
    /// Batches in a whole epoch.
    std::int64_t batches() const;

private:
    Dataset set_;
    LoaderOptions options_;
};

/// A place in a pass. Moving on invalidates the batch before, unless its tensors have been copied (which costs a handle each).
class Loader::Iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using iterator_concept = std::input_iterator_tag;
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;
    using pointer = const Batch*;
    using reference = const Batch&;

    const Batch& operator*() const;
    const Batch* operator->() const { return &**this; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& iterator, std::default_sentinel_t) { return iterator.at_end(); }

private:
    friend class Loader;
    class Pass;
    explicit Iterator(std::shared_ptr<Pass> pass) : pass_(std::move(pass)) {}
    bool at_end() const;

    std::shared_ptr<Pass> pass_;
};

}  // namespace knoll::data

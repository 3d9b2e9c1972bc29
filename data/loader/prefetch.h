// A thread that fills batches ahead of the one in use.
//
// The tensors are made and released in the consumer's thread, and the worker only writes into them: the small-object
// memory of a tensor belongs to the thread that made it (core/memory.h), and a worker that made what another thread
// releases would draw fresh memory for every batch.
#pragma once

#include <knoll/data/loader/batch.h>

#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace knoll::data {

class Prefetcher {
public:
    /// Starts on batch `first`. The source outlives this object.
    Prefetcher(const BatchSource& source, std::int64_t first);
    /// Stops after the batch in work, if any.
    ~Prefetcher();
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;

    /// The next batch; waits for it. Called once per batch from `first` on. Rethrows what was thrown in making it.
    Batch take();

private:
    static constexpr std::int64_t depth = 3;  // batches in the making or waiting

    struct Slot {
        Batch batch;
        bool filled = false;
        std::exception_ptr failure;
    };

    Slot& slot(std::int64_t b) { return slots_[static_cast<std::size_t>(b % depth)]; }
    void serve();

    const BatchSource& source_;
    std::array<Slot, depth> slots_;
    std::int64_t next_to_take_;
    std::int64_t allocated_;  // batches below this one have a slot
    bool stopping_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::thread worker_;
};

}  // namespace knoll::data

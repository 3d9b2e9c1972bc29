#include <knoll/data/loader/prefetch.h>

#include <algorithm>
#include <utility>

namespace knoll::data {

Prefetcher::Prefetcher(const BatchSource& source, std::int64_t first)
    : source_(source), next_to_take_(first), allocated_(std::min(first + depth, source.batches())) {
    for (std::int64_t b = first; b < allocated_; ++b) slot(b).batch = source_.allocate(b);
    worker_ = std::thread([this] { serve(); });
}

Prefetcher::~Prefetcher() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    worker_.join();
}

Batch Prefetcher::take() {
    std::unique_lock lock(mutex_);
    Slot& next = slot(next_to_take_);
    changed_.wait(lock, [&] { return next.filled; });
    ++next_to_take_;
    if (next.failure) std::rethrow_exception(next.failure);
    Batch batch = std::exchange(next.batch, {});
    if (allocated_ < source_.batches()) {
        next = Slot{source_.allocate(allocated_), false, nullptr};
        ++allocated_;
        changed_.notify_all();
    }
    return batch;
}

void Prefetcher::serve() {
    std::unique_lock lock(mutex_);
    for (std::int64_t b = next_to_take_; b < source_.batches(); ++b) {
        changed_.wait(lock, [&] { return stopping_ || b < allocated_; });
        if (stopping_) return;
        Slot& slot = this->slot(b);
        lock.unlock();
        try {
            source_.fill(b, slot.batch);
        } catch (...) {
            slot.failure = std::current_exception();
        }
        lock.lock();
        slot.filled = true;
        changed_.notify_all();
        if (slot.failure) return;
    }
}

}  // namespace knoll::data

#include <knoll/core/error.h>
#include <knoll/core/parallel.h>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace knoll {

namespace {

std::atomic<bool> flush_denormals_on{true};
std::atomic<detail::Runner> stand_in{nullptr};

// How the processor treats denormals in this thread: a register that has bits for it.
#if defined(__x86_64__)
constexpr bool can_flush = true;
using ControlWord = unsigned int;
constexpr ControlWord flush_bits = 0x8040;  // results, and arguments
ControlWord control_word() { return _mm_getcsr(); }
void set_control_word(ControlWord word) { _mm_setcsr(word); }
#elif defined(__aarch64__)
constexpr bool can_flush = true;
using ControlWord = std::uint64_t;
constexpr ControlWord flush_bits = 1U << 24;  // both
ControlWord control_word() {
    ControlWord word = 0;
    asm volatile("mrs %0, fpcr" : "=r"(word));
    return word;
}
void set_control_word(ControlWord word) { asm volatile("msr fpcr, %0" : : "r"(word)); }
#else
constexpr bool can_flush = false;
using ControlWord = unsigned int;
constexpr ControlWord flush_bits = 0;
ControlWord control_word() { return 0; }
void set_control_word(ControlWord) {}
#endif

// Flushes denormals in this thread while it lives, or keeps them, whatever the thread itself does: all threads have to do the same.
class DenormalGuard {
public:
    DenormalGuard() : before_(control_word()) {
        const ControlWord others = before_ & ~flush_bits;
        set_control_word(flush_denormals_on.load(std::memory_order_relaxed) ? others | flush_bits : others);
    }
    ~DenormalGuard() { set_control_word(before_); }
    DenormalGuard(const DenormalGuard&) = delete;
    DenormalGuard& operator=(const DenormalGuard&) = delete;

private:
    ControlWord before_;
};

// How many bodies this thread is in, one inside the other.
thread_local int bodies = 0;

// What holds for a thread while it runs bodies.
class BodyScope {
public:
    BodyScope() { ++bodies; }
    ~BodyScope() { --bodies; }
    BodyScope(const BodyScope&) = delete;
    BodyScope& operator=(const BodyScope&) = delete;

private:
    DenormalGuard denormals_;
};

// One piece of work handed to the pool.
struct Job {
    std::int64_t chunks = 0;
    detail::ChunkFunction run = nullptr;
    const void* body = nullptr;
    std::atomic<std::int64_t> next{0};
    std::atomic<int> workers{0};  // pool threads inside
    std::mutex failure_mutex;
    std::exception_ptr failure;

    void work() {
        const BodyScope scope;
        for (std::int64_t chunk = next++; chunk < chunks; chunk = next++) {
            try {
                run(body, chunk);
            } catch (...) {
                const std::scoped_lock lock(failure_mutex);
                if (!failure) failure = std::current_exception();
                next = chunks;
            }
        }
    }

    void leave_to(detail::Runner runner) {
        const BodyScope scope;
        try {
            runner(chunks, run, body);
        } catch (...) {
            failure = std::current_exception();
        }
    }
};

thread_local bool inside_chunk = false;

// Waits a little without sleeping: true as soon as the condition holds, false after some tens of microseconds. A training step hands
// over work more often than that, and to sleep and be woken takes as long.
template <class Condition>
bool holds_soon(const Condition& condition) {
    constexpr int looks = 2000;
    for (int i = 0; i < looks; ++i) {
        if (condition()) return true;
#if defined(__x86_64__)
        _mm_pause();
#else
        std::this_thread::yield();
#endif
    }
    return false;
}

class Pool {
public:
    explicit Pool(int count, const Pool* of_parent = nullptr) : count_(count), of_parent_(of_parent) {}
    ~Pool() { stop(); }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // For the child of a fork(), which has this pool's memory and none of its threads: one that begins anew.
    std::unique_ptr<Pool> renewed() const { return std::make_unique<Pool>(count_, this); }

    int threads() {
        const std::scoped_lock lock(mutex_);
        return count_;
    }

    void resize(int count) {
        const std::scoped_lock entry(entry_);
        stop();
        const std::scoped_lock lock(mutex_);
        count_ = count;
    }

    void run(Job& job) {
        // One job at a time; a second thread that comes while one runs does its work alone.
        std::unique_lock entry(entry_, std::try_to_lock);
        if (!entry.owns_lock()) {
            job.work();
            return;
        }
        {
            const std::scoped_lock lock(mutex_);
            if (count_ == 1)
                entry.unlock();
            else {
                start();
                job_ = &job;
                ++generation_;
            }
        }
        if (!entry.owns_lock()) {
            job.work();
            return;
        }
        wake_.notify_all();
        job.work();
        {
            const std::scoped_lock lock(mutex_);
            job_ = nullptr;
        }
        const auto all_left = [&] { return job.workers.load() == 0; };
        if (holds_soon(all_left)) return;
        std::unique_lock lock(mutex_);
        done_.wait(lock, all_left);
    }

private:
    void start() {
        while (static_cast<int>(workers_.size()) < count_ - 1) workers_.emplace_back([this] { serve(); });
    }

    void stop() {
        {
            const std::scoped_lock lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        for (std::thread& worker : workers_) worker.join();
        workers_.clear();
        stopping_ = false;
    }

    void serve() {
        inside_chunk = true;
        std::uint64_t seen = 0;
        std::unique_lock lock(mutex_);
        for (;;) {
            wake_.wait(lock, [&] { return stopping_ || (generation_ != seen && job_ != nullptr); });
            if (stopping_) return;
            seen = generation_;
            Job& job = *job_;
            ++job.workers;
            lock.unlock();
            job.work();
            lock.lock();
            if (--job.workers == 0) done_.notify_one();
            lock.unlock();
            holds_soon([&] { return generation_ != seen; });
            lock.lock();
        }
    }

    std::mutex entry_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable done_;
    std::vector<std::thread> workers_;
    Job* job_ = nullptr;
    std::atomic<std::uint64_t> generation_ = 0;  // of jobs; changed under the mutex
    bool stopping_ = false;
    int count_;
    [[maybe_unused]] const Pool* of_parent_;  // kept, since its destructor would wait for threads that are not there
};

std::unique_ptr<Pool>& pool_of_process() {
    static auto instance = std::make_unique<Pool>(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
    return instance;
}

void renew_pool() {
    std::unique_ptr<Pool>& current = pool_of_process();
    current = current.release()->renewed();
}

Pool& pool() {
    static const bool registered = pthread_atfork(nullptr, nullptr, renew_pool) == 0;
    static_cast<void>(registered);
    return *pool_of_process();
}

}  // namespace

int num_threads() { return pool().threads(); }

void set_num_threads(int count) {
    require<ValueError>(count >= 1 && count <= max_threads, "[set_num_threads] expected 1 to ", max_threads, ", got ", count);
    require(bodies == 0,
            "[set_num_threads] expected a call from outside of kernels, got one from the body of parallel_chunks or parallel_for; set the number "
            "before the loop");
    pool().resize(count);
}

bool flush_denormals() { return can_flush && flush_denormals_on; }
bool set_flush_denormals(bool on) {
    flush_denormals_on = on;
    return can_flush || !on;
}

void detail::set_runner(Runner runner) { stand_in = runner; }

void detail::run_chunks(std::int64_t chunks, ChunkFunction run, const void* body) {
    if (chunks <= 0) return;
    Job job;
    job.chunks = chunks;
    job.run = run;
    job.body = body;
    if (chunks == 1 || inside_chunk) {
        job.work();
    } else {
        inside_chunk = true;
        if (const Runner runner = stand_in.load(std::memory_order_relaxed); runner != nullptr)
            job.leave_to(runner);
        else
            pool().run(job);
        inside_chunk = false;
    }
    if (job.failure) std::rethrow_exception(job.failure);
}

}  // namespace knoll

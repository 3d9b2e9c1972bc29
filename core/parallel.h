// Threads. Work is cut into chunks whose bounds depend on its size alone, never on the number of threads, so that
// sums made per chunk and added in order have the same bits on any machine.
#pragma once

#include <cstdint>

namespace knoll {

/// How many threads work together, the caller's included: at first all cores. There is one such group for the whole program.
int num_threads();
inline constexpr int max_threads = 1024;
/// For all threads of the program, and from any of them: it waits while another has the group at work. Throws ValueError below 1 and
/// above max_threads, Error in the body of parallel_chunks or parallel_for, which would wait for itself.
void set_num_threads(int count);

/// Denormal numbers (below 1.2e-38 in f32, 2.2e-308 in f64) count as zero inside kernels, as arguments and as results, on at first:
/// arithmetic on them is up to a hundred times slower. It holds for the kernels of every thread of the program, so results have the
/// same bits at any number of threads, on or off. Outside of kernels each thread's own setting is as it was. PyTorch's
/// set_flush_denormal() is off at first, and concerns the calling thread alone.
bool flush_denormals();
/// False, and without effect, if this processor cannot do what is asked: flushing works on x86-64 and AArch64. To be called between
/// kernels, not while another thread is in one.
bool set_flush_denormals(bool on);

/// How many elements a kernel that does little with each gives a thread at a time.
inline constexpr std::int64_t elements_per_chunk = 16384;

namespace detail {

using ChunkFunction = void (*)(const void* body, std::int64_t chunk);
void run_chunks(std::int64_t chunks, ChunkFunction run, const void* body);

/// Stands in for the threads: calls run(body, chunk) for every chunk, in the calling thread. It sees the work of all threads of the
/// program, nested and lone chunks excepted. For measuring how work is cut; nullptr, as at first, leaves it to the threads.
using Runner = void (*)(std::int64_t chunks, ChunkFunction run, const void* body);
void set_runner(Runner runner);

}  // namespace detail

/// Calls body(chunk) for chunk = 0 .. chunks-1, in any order and on any thread. The first exception is rethrown here.
/// Nested calls run in the calling thread, and so does what a thread asks for while another thread of the program has the group at work.
/// In the child of a fork(), which must not be called from a body, the group begins anew.
template <class Body>
void parallel_chunks(std::int64_t chunks, const Body& body) {
    detail::run_chunks(
        chunks, [](const void* f, std::int64_t chunk) { (*static_cast<const Body*>(f))(chunk); }, &body);
}

/// Calls body(begin, end) for consecutive ranges of at most `grain` that cover 0 .. count.
template <class Body>
void parallel_for(std::int64_t count, std::int64_t grain, const Body& body) {
    parallel_chunks((count + grain - 1) / grain, [&](std::int64_t chunk) {
        const std::int64_t begin = chunk * grain;
        body(begin, begin + grain < count ? begin + grain : count);
    });
}

}  // namespace knoll

#include <knoll/apps/terminal/signals.h>

#include <atomic>

namespace knoll::apps {

namespace {

std::atomic<int> caught_signal = 0;  // a handler may do nothing else, and may run in any thread
static_assert(std::atomic<int>::is_always_lock_free);

void note(int signal) { caught_signal = signal; }

}  // namespace

SignalWatch::SignalWatch() {
    caught_signal = 0;
    struct sigaction action {};
    action.sa_handler = note;
    action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
    sigaction(SIGINT, &action, &interrupt_before_);
    sigaction(SIGTERM, &action, &terminate_before_);
}

SignalWatch::~SignalWatch() {
    sigaction(SIGINT, &interrupt_before_, nullptr);
    sigaction(SIGTERM, &terminate_before_, nullptr);
}

int SignalWatch::caught() const { return caught_signal; }

}  // namespace knoll::apps

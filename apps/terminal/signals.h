// Ctrl-C and termination as a flag that a loop asks for.
#pragma once

#include <knoll/core/error.h>

#include <csignal>

namespace knoll::apps {

/// While one lives, the first SIGINT and the first SIGTERM are noted instead of ending the program; a second one ends it. At most one
/// at a time.
class SignalWatch {
public:
    SignalWatch();
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

    /// The signal that came, or 0.
    int caught() const;

private:
    struct sigaction interrupt_before_ {};
    struct sigaction terminate_before_ {};
};

/// Work that was broken off by a signal after its state had been saved.
class Interrupted : public Error {
public:
    Interrupted(int signal, const std::string& what) : Error(what), signal_(signal) {}
    /// What a shell reports for it: 130 for SIGINT, 143 for SIGTERM.
    int exit_status() const { return 128 + signal_; }

private:
    int signal_;
};

}  // namespace knoll::apps

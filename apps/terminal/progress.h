// A progress bar with rate and time left.
#pragma once

#include <knoll/apps/terminal/console.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace knoll::apps {

/// Draws nothing unless the console is a terminal and it is not quiet. Clears its line when it goes.
class Progress {
public:
    Progress(const Console& console, bool quiet, std::string label, std::int64_t total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Work already done when this process started counts for the bar, not for the rate.
    void start_at(std::int64_t done) { done_ = first_ = done; }
    /// Adds finished work; redraws at most ten times a second.
    void advance(std::int64_t items, const std::string& note = "");

private:
    void draw(const std::string& note);

    const Console& console_;
    bool shown_;
    std::string label_;
    std::int64_t total_;
    std::int64_t first_ = 0;
    std::int64_t done_ = 0;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point drawn_;
};

/// "7 s", "3:05", "1:02:03".
std::string duration(double seconds);

}  // namespace knoll::apps

// What a terminal shows while work goes on: one line that is drawn again and again, and clears when the work is done.
#pragma once

#include <knoll/apps/terminal/console.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace knoll::apps {

/// A progress bar with rate and time left. Draws nothing unless the console is a terminal and it is not quiet. Clears its line when it goes.
class Progress {
public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;

    Progress(const Console& console, bool quiet, std::string label, std::int64_t total, Clock clock = std::chrono::steady_clock::now);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Work already done when this process started counts for the bar, not for the rate.
    void start_at(std::int64_t done) { done_ = first_ = done; }
    /// Adds finished work; redraws at most ten times a second. The note is asked for when it is drawn.
    void advance(std::int64_t items, const std::function<std::string()>& note = {});

private:
    void draw(const std::string& note);

    const Console& console_;
    bool shown_;
    std::string label_;
    std::int64_t total_;
    Clock clock_;
    std::int64_t first_ = 0;
    std::int64_t done_ = 0;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point drawn_;
};

/// What a progress bar says.
struct ProgressParts {
    std::string label;
    double fraction = 0;  ///< of the work that is done
    std::string rate;     ///< "1200 images/s"
    std::string left;     ///< "3:05 left"; may be empty
    std::string note;     ///< may be empty
};

/// One line of at most so many columns: what matters least is left out first, the rate, then the note, the bar, the time left, the label.
std::string progress_line(const ProgressParts& parts, std::size_t width);

/// A line on a terminal, faint, that says what is done while nothing else can be seen. Clears when it goes.
class StatusLine {
public:
    StatusLine(const Console& console, bool quiet, const std::string& what);
    ~StatusLine();
    StatusLine(const StatusLine&) = delete;
    StatusLine& operator=(const StatusLine&) = delete;

private:
    const Console& console_;
    bool shown_;
};

/// "7 s", "3:05", "1:02:03".
std::string duration(double seconds);

}  // namespace knoll::apps

#include <knoll/apps/terminal/progress.h>

#include <knoll/apps/terminal/display_width.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/core/text.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <vector>

namespace knoll::apps {

namespace {

constexpr std::int64_t bar_width = 24;
constexpr std::int64_t short_bar_width = 10;
constexpr std::chrono::milliseconds redraw_interval{100};
constexpr const char* clear_line = "\r\033[K";

std::string bar(double fraction, std::int64_t width) {
    const auto filled = std::clamp<std::int64_t>(std::llround(fraction * static_cast<double>(width)), 0, width);
    std::string out;
    for (std::int64_t i = 0; i < width; ++i) out += i < filled ? "█" : "░";
    return out;
}

std::string two_digits(std::int64_t number) { return text(number < 10 ? "0" : "", number); }

std::string joined_parts(const std::vector<std::string>& parts) {
    std::string line;
    for (const std::string& part : parts)
        if (!part.empty()) line += (line.empty() ? "" : "  ") + part;
    return line;
}

}  // namespace

Progress::Progress(const Console& console, bool quiet, std::string label, std::int64_t total, Clock clock)
    : console_(console),
      shown_(console.terminal && !quiet),
      label_(std::move(label)),
      total_(std::max<std::int64_t>(total, 1)),
      clock_(std::move(clock)),
      start_(clock_()),
      drawn_(start_) {}

Progress::~Progress() {
    if (shown_) console_.out << clear_line << std::flush;
}

void Progress::advance(std::int64_t items, const std::function<std::string()>& note) {
    done_ += items;
    if (!shown_) return;
    const auto now = clock_();
    if (now - drawn_ < redraw_interval && done_ < total_) return;
    drawn_ = now;
    draw(note ? note() : "");
}

// The last column stays free: a terminal may wrap as soon as it is written to.
void Progress::draw(const std::string& note) {
    const double elapsed = std::chrono::duration<double>(drawn_ - start_).count();
    const double rate = elapsed > 0 ? static_cast<double>(done_ - first_) / elapsed : 0;
    const std::string left = rate > 0 ? duration(static_cast<double>(total_ - done_) / rate) + " left" : "";
    const double fraction = static_cast<double>(done_) / static_cast<double>(total_);
    console_.out << clear_line << progress_line({label_, fraction, fixed(rate, 0) + " images/s", left, note}, columns(console_) - 1) << std::flush;
}

std::string progress_line(const ProgressParts& parts, std::size_t width) {
    const std::string percent = fixed(100 * parts.fraction, 0) + " %";
    const std::string wide = text(parts.label, ' ', bar(parts.fraction, bar_width), ' ', percent);
    const std::string narrow = text(parts.label, ' ', bar(parts.fraction, short_bar_width), ' ', percent);
    for (const std::string& line : {joined_parts({wide, parts.rate, parts.left, parts.note}), joined_parts({narrow, parts.rate, parts.left, parts.note}),
                                    joined_parts({narrow, parts.left, parts.note}), joined_parts({narrow, parts.left}),
                                    joined_parts({parts.label + ' ' + percent, parts.left}), parts.label + ' ' + percent})
        if (display_width(line) <= width) return line;
    if (percent.size() + 2 < width) return shortened(parts.label, width - percent.size() - 1) + ' ' + percent;
    return percent.size() <= width ? percent : "";
}

StatusLine::StatusLine(const Console& console, bool quiet, const std::string& what) : console_(console), shown_(console.terminal && !quiet) {
    if (shown_) console_.out << faint(console_, shortened(what, columns(console_) - 1)) << std::flush;
}

StatusLine::~StatusLine() {
    if (shown_) console_.out << clear_line << std::flush;
}

std::string duration(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::llround(std::max(seconds, 0.0)));
    if (whole < 60) return std::to_string(whole) + " s";
    const std::int64_t minutes = whole / 60 % 60;
    if (whole < 3600) return std::to_string(minutes) + ":" + two_digits(whole % 60);
    return std::to_string(whole / 3600) + ":" + two_digits(minutes) + ":" + two_digits(whole % 60);
}

}  // namespace knoll::apps

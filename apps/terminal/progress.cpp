#include <knoll/apps/terminal/progress.h>

#include <knoll/apps/terminal/table.h>
#include <knoll/core/text.h>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace knoll::apps {

namespace {

constexpr std::int64_t bar_width = 24;
constexpr std::chrono::milliseconds redraw_interval{100};

std::string bar(double fraction) {
    const auto filled = std::clamp<std::int64_t>(std::llround(fraction * static_cast<double>(bar_width)), 0, bar_width);
    std::string out;
    for (std::int64_t i = 0; i < bar_width; ++i) out += i < filled ? "█" : "░";
    return out;
}

std::string two_digits(std::int64_t number) { return text(number < 10 ? "0" : "", number); }

}  // namespace

Progress::Progress(const Console& console, bool quiet, std::string label, std::int64_t total)
    : console_(console),
      shown_(console.terminal && !quiet),
      label_(std::move(label)),
      total_(std::max<std::int64_t>(total, 1)),
      start_(std::chrono::steady_clock::now()),
      drawn_(start_) {}

Progress::~Progress() {
    if (shown_) console_.out << "\r\033[K" << std::flush;
}

void Progress::advance(std::int64_t items, const std::string& note) {
    done_ += items;
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || (now - drawn_ < redraw_interval && done_ < total_)) return;
    drawn_ = now;
    draw(note);
}

void Progress::draw(const std::string& note) {
    const double elapsed = std::chrono::duration<double>(drawn_ - start_).count();
    const double rate = elapsed > 0 ? static_cast<double>(done_ - first_) / elapsed : 0;
    const double fraction = static_cast<double>(done_) / static_cast<double>(total_);
    console_.out << "\r\033[K" << label_ << ' ' << bar(fraction) << ' ' << fixed(100 * fraction, 0) << " %  " << fixed(rate, 0) << " images/s";
    if (rate > 0) console_.out << "  " << duration(static_cast<double>(total_ - done_) / rate) << " left";
    if (!note.empty()) console_.out << "  " << note;
    console_.out << std::flush;
}

std::string duration(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::llround(std::max(seconds, 0.0)));
    if (whole < 60) return std::to_string(whole) + " s";
    const std::int64_t minutes = whole / 60 % 60;
    if (whole < 3600) return std::to_string(minutes) + ":" + two_digits(whole % 60);
    return std::to_string(whole / 3600) + ":" + two_digits(minutes) + ":" + two_digits(whole % 60);
}

}  // namespace knoll::apps

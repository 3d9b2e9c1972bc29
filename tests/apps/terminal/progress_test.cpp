#include <knoll/apps/terminal/display_width.h>
#include <knoll/apps/terminal/progress.h>

#include <catch2/catch.hpp>

#include <sstream>

using namespace knoll::apps;
using std::chrono::milliseconds;

namespace {

// A terminal of a settable width, whose time goes on as the test says.
struct FakeTerminal {
    std::ostringstream out;
    std::size_t width = 200;
    std::chrono::steady_clock::time_point now{};
    Console console{out, out, true, [this] { return width; }};
    Progress::Clock clock = [this] { return now; };

    // What is drawn since the last call, without what clears the line.
    std::string drawn() {
        std::string text = out.str();
        out.str("");
        const std::string clear = "\r\033[K";
        const std::size_t at = text.rfind(clear);
        return at == std::string::npos ? text : text.substr(at + clear.size());
    }
};

const ProgressParts all_parts{"hill  seed 1", 0.5, "1234 images/s", "1:02:03 left", "epoch 10/20  loss 0.1234"};

}  // namespace

TEST_CASE("a progress bar shows share, rate and time left exactly") {
    FakeTerminal terminal;
    Progress progress{terminal.console, false, "hill", 400, terminal.clock};
    terminal.now += milliseconds(2000);
    progress.advance(100, [] { return "loss 0.5"; });
    CHECK(terminal.drawn() == "hill ██████░░░░░░░░░░░░░░░░░░ 25 %  50 images/s  6 s left  loss 0.5");
    terminal.now += milliseconds(1000);
    progress.advance(50);
    CHECK(terminal.drawn() == "hill █████████░░░░░░░░░░░░░░░ 38 %  50 images/s  5 s left");
    progress.advance(250);
    CHECK(terminal.drawn() == "hill ████████████████████████ 100 %  133 images/s  0 s left");
}

TEST_CASE("after a resume the share counts what was done before, the rate and the time left do not") {
    FakeTerminal terminal;
    Progress progress{terminal.console, false, "hill", 1000, terminal.clock};
    progress.start_at(500);
    terminal.now += milliseconds(10000);
    progress.advance(100);
    CHECK(terminal.drawn() == "hill ██████████████░░░░░░░░░░ 60 %  10 images/s  40 s left");
}

TEST_CASE("a progress bar is drawn ten times a second at most, at its end in any case, and its note is made for that alone") {
    FakeTerminal terminal;
    int notes = 0;
    const auto note = [&notes] {
        ++notes;
        return std::string("n");
    };
    Progress progress{terminal.console, false, "hill", 1000, terminal.clock};
    for (int i = 0; i < 100; ++i) {
        terminal.now += milliseconds(10);
        progress.advance(9, note);
    }
    CHECK(notes == 10);
    progress.advance(100, note);
    CHECK(notes == 11);

    const Console plain{terminal.out, terminal.out};
    Progress{plain, false, "hill", 10}.advance(10, note);
    Progress{terminal.console, true, "hill", 10}.advance(10, note);
    CHECK(notes == 11);
}

TEST_CASE("before any time has passed there is no rate to tell the time left from") {
    FakeTerminal terminal;
    Progress progress{terminal.console, false, "hill", 10, terminal.clock};
    progress.advance(10);
    CHECK(terminal.drawn() == "hill ████████████████████████ 100 %  0 images/s");
}

TEST_CASE("a progress bar without work is full, not without a number") {
    FakeTerminal terminal;
    Progress progress{terminal.console, false, "hill", 0, terminal.clock};
    progress.advance(1);
    CHECK(terminal.drawn() == "hill ████████████████████████ 100 %  0 images/s");
}

TEST_CASE("a line too long for the terminal loses what matters least: bar, rate, note, time left, label") {
    const std::string bar = "█████░░░░░";
    CHECK(progress_line(all_parts, 200) == "hill  seed 1 ████████████░░░░░░░░░░░░ 50 %  1234 images/s  1:02:03 left  epoch 10/20  loss 0.1234");
    CHECK(progress_line(all_parts, 95) == "hill  seed 1 " + bar + " 50 %  1234 images/s  1:02:03 left  epoch 10/20  loss 0.1234");
    CHECK(progress_line(all_parts, 79) == "hill  seed 1 " + bar + " 50 %  1:02:03 left  epoch 10/20  loss 0.1234");
    CHECK(progress_line(all_parts, 66) == "hill  seed 1 " + bar + " 50 %  1:02:03 left");
    CHECK(progress_line(all_parts, 40) == "hill  seed 1 50 %  1:02:03 left");
    CHECK(progress_line(all_parts, 20) == "hill  seed 1 50 %");
    CHECK(progress_line(all_parts, 12) == "hill  … 50 %");
    CHECK(progress_line(all_parts, 5) == "50 %");
    CHECK(progress_line(all_parts, 3) == "");
    ProgressParts wide = all_parts;
    wide.label = "衣類 seed 1";
    for (const ProgressParts& parts : {all_parts, wide})
        for (std::size_t width = 0; width < 130; ++width) CHECK(display_width(progress_line(parts, width)) <= width);
}

TEST_CASE("a progress bar asks for the terminal's width each time, and leaves its last column free") {
    FakeTerminal terminal;
    Progress progress{terminal.console, false, "cce:gamma=-2  seed 1", 100'000, terminal.clock};
    for (const std::size_t width : {120, 80, 41, 80, 22, 9, 3, 1, 100}) {
        terminal.width = width;
        terminal.now += milliseconds(200);
        progress.advance(10, [] { return "epoch 1/2  loss 0.1234"; });
        CAPTURE(width);
        CHECK(display_width(terminal.drawn()) <= width - 1);
    }
    terminal.width = 0;  // not known
    terminal.now += milliseconds(200);
    progress.advance(10, [] { return "epoch 1/2  loss 0.1234"; });
    const std::string drawn = terminal.drawn();
    CHECK(display_width(drawn) <= 79);
    CHECK(display_width(drawn) > 60);
}

TEST_CASE("a line tells on a terminal what is done in silence, and goes") {
    FakeTerminal terminal;
    terminal.width = 20;
    {
        const StatusLine status{terminal.console, false, "drawing many shapes, one by one"};
        CHECK(terminal.out.str() == "\033[2mdrawing many shape…\033[0m");
    }
    CHECK(terminal.out.str().substr(terminal.out.str().size() - 4) == "\r\033[K");
    std::ostringstream out;
    const Console plain{out, out};
    { const StatusLine status{plain, false, "drawing"}; }
    const Console quiet{out, out, true};
    { const StatusLine status{quiet, true, "drawing"}; }
    CHECK(out.str().empty());
}

TEST_CASE("durations at the borders of their units") {
    CHECK(duration(0) == "0 s");
    CHECK(duration(0.49) == "0 s");
    CHECK(duration(59.4) == "59 s");
    CHECK(duration(59.5) == "1:00");
    CHECK(duration(60) == "1:00");
    CHECK(duration(69) == "1:09");
    CHECK(duration(3599) == "59:59");
    CHECK(duration(3599.5) == "1:00:00");
    CHECK(duration(3600) == "1:00:00");
    CHECK(duration(3661) == "1:01:01");
    CHECK(duration(36'000) == "10:00:00");
    CHECK(duration(100 * 3600.0) == "100:00:00");
}

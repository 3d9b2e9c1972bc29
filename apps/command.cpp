#include <knoll/apps/command.h>

#include <knoll/apps/command_line/parse.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/terminal/signals.h>

#include <algorithm>
#include <new>
#include <ostream>

namespace knoll::apps {

namespace {

int complain(Console& console, std::string what) {
    std::replace(what.begin(), what.end(), '\n', ' ');
    console.out.flush();
    console.error << "knoll: " << what << std::endl;
    return exit_bad_call;
}

}  // namespace

int run_command(const std::vector<std::string>& arguments, Console& console) {
    try {
        const int status = std::visit([&](const auto& options) { return run(options, console); }, parse(arguments));
        if (!console.out.flush()) return complain(console, "expected to write to standard output, got an error there; is the disk full, or the output closed?");
        return status;
    } catch (const Interrupted& interruption) {
        complain(console, interruption.what());
        return interruption.exit_status();
    } catch (const MemoryError& error) {
        return complain(console, std::string(error.what()) + "; try a smaller --batch or --train-size");
    } catch (const std::bad_alloc&) {
        return complain(console, "out of memory; try a smaller --batch or --train-size");
    } catch (const std::exception& error) {
        return complain(console, error.what());
    }
}

}  // namespace knoll::apps

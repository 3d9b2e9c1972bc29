#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>

#include <ostream>

namespace knoll::apps {

int run(const Message& options, Console& console) {
    console.out << options.text;
    return exit_done;
}

}  // namespace knoll::apps

#include <knoll/apps/command.h>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

namespace {

// A standard stream that the caller closed is held by a descriptor that refuses what is written to it. Otherwise the next file that is
// opened would get its number, and with it what is meant for the terminal.
void hold_closed_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(stream, F_GETFD) == -1) open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace

int main(int argc, char** argv) {
    hold_closed_streams();
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is then an error like that of a full disk
    knoll::apps::Console console = knoll::apps::standard_console();
    return knoll::apps::run_command({argv + 1, argv + argc}, console);
}

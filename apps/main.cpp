#include <knoll/apps/command.h>

#include <iostream>

int main(int argc, char** argv) {
    knoll::apps::Console console = knoll::apps::standard_console();
    return knoll::apps::run_command({argv + 1, argv + argc}, console);
}

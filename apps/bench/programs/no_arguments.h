// What programs that take no arguments share.
#pragma once

#include <knoll/apps/command.h>

#include <exception>
#include <iostream>
#include <string_view>

namespace knoll::apps {

struct NoArguments {
    std::string_view program;
    std::string_view help;
    int failure;  ///< the exit status where the work throws
};

/// Does the work, or prints the help where it is asked for or arguments are given; an exception becomes a line on the error stream.
template <class Work>
int run_program(int argc, char** argv, const NoArguments& about, const Work& work) {
    if (argc > 1) {
        const std::string_view argument{argv[1]};
        const bool asked = argument == "--help" || argument == "-h";
        if (asked)
            std::cout << about.help;
        else
            std::cerr << about.program << ": expected no arguments, got " << argument << "; see " << about.program << " --help\n";
        return asked ? exit_done : exit_bad_call;
    }
    try {
        work();
        return exit_done;
    } catch (const std::exception& error) {
        std::cerr << about.program << ": " << error.what() << '\n';
        return about.failure;
    }
}

}  // namespace knoll::apps

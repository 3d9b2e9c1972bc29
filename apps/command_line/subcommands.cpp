#include <knoll/apps/command_line/subcommands.h>

#include <knoll/apps/command_line/completion.h>
#include <knoll/apps/command_line/validators.h>

namespace knoll::apps {

CLI::Option* add_path(CLI::App& command, const char* name, std::string& path, const char* help, const char* kind) {
    return command.add_option(name, path, help)->check(given_path())->type_name(kind);
}

CLI::App* add_help(CLI::App& app, std::string& subcommand) {
    CLI::App* command = add_subcommand(app, "help", "Explain a subcommand, as its --help does", "Examples:\n  knoll help train");
    command->add_option("SUBCOMMAND", subcommand, "the one to explain; all in short unless given");
    return command;
}

CLI::App* add_completion(CLI::App& app, std::string& shell) {
    CLI::App* command = add_subcommand(app, "completion", "Print a script that lets a shell complete knoll's words",
                                       "Examples:\n  knoll completion bash > knoll.bash\n\n"
                                       "Take such a script in with \". knoll.bash\"; cmake --install puts all three where the shells look for them.");
    command->add_option("SHELL", shell, "bash, zsh or fish")->required()->check(one_of(shell_names()));
    return command;
}

CLI::App* add_subcommand(CLI::App& app, const char* name, const char* description, const char* footer) {
    CLI::App* command = app.add_subcommand(name, description);
    command->footer(footer);
    return command;
}

}  // namespace knoll::apps

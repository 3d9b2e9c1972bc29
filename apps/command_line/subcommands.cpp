#include <knoll/apps/command_line/subcommands.h>

#include <knoll/apps/command_line/validators.h>

namespace knoll::apps {

CLI::Option* add_path(CLI::App& command, const char* name, std::string& path, const char* help, const char* kind) {
    return command.add_option(name, path, help)->check(given_path())->type_name(kind);
}

CLI::App* add_subcommand(CLI::App& app, const char* name, const char* description, const char* footer) {
    CLI::App* command = app.add_subcommand(name, description);
    command->footer(footer);
    return command;
}

}  // namespace knoll::apps

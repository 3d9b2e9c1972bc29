#include <knoll/apps/command_line/completion.h>

#include <knoll/apps/command_line/parse.h>
#include <knoll/apps/command_line/validators.h>
#include <knoll/apps/tasks/catalog.h>
#include <knoll/apps/terminal/suggestion.h>
#include <knoll/core/text.h>
#include <knoll/losses/registry.h>

#include <set>

namespace knoll::apps {

namespace {

std::string word_list(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
    return line;
}

std::vector<CLI::App*> subcommands(CLI::App& app) {
    return app.get_subcommands([](CLI::App*) { return true; });
}

std::vector<std::string> names_of_subcommands(CLI::App& app) {
    std::vector<std::string> names;
    for (CLI::App* command : subcommands(app)) names.push_back(command->get_name());
    return names;
}

std::vector<std::string> registered_losses() {
    std::vector<std::string> names;
    for (const losses::LossInfo& loss : losses::registry()) names.push_back(loss.name);
    return names;
}

// What an argument that is no option can be.
std::vector<std::string> argument_words(CLI::App& app, const std::string& command) {
    const std::set<std::string> of_losses{"losses", "loss", "check", "plot"};
    std::vector<std::string> words;
    if (of_losses.count(command) > 0) return registered_losses();
    if (command == "help") return names_of_subcommands(app);
    if (command == "completion") return shell_names();
    if (command == "train" || command == "compare")
        for (const TaskEntry& entry : task_catalog()) words.push_back(entry.info.name);
    return words;
}

struct Choice {
    std::string option;  // without dashes
    std::vector<std::string> values;
};

std::vector<std::string> long_names(CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back(name);
    return names;
}

// Options that take one of some known words.
std::vector<Choice> choices(CLI::App& command) {
    std::vector<Choice> found;
    for (CLI::Option* option : command.get_options())
        for (const std::string& name : option->get_lnames()) {
            if (name == "loss" || name == "losses") found.push_back({name, registered_losses()});
            const std::vector<std::string> known = known_words(*option);
            if (!known.empty()) found.push_back({name, known});
        }
    if (command.get_name() != "train" && command.get_name() != "compare") return found;
    for (const TaskEntry& entry : task_catalog())
        for (const TaskOption& option : entry.info.options)
            if (!option.choices.empty()) found.push_back({option.name, option.choices});
    return found;
}

std::string with_dashes(const std::vector<std::string>& names) {
    std::string line;
    for (const std::string& name : names) line += (line.empty() ? "--" : " --") + name;
    return line;
}

// Words that come before the cursor settle what can come there.
std::string bash_script(CLI::App& app) {
    std::string script =
        "_knoll() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local choices= options= arguments=\n"
        "    COMPREPLY=()\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        COMPREPLY=($(compgen -W \"" +
        word_list(names_of_subcommands(app)) +
        " --help --version\" -- \"$word\"))\n"
        "        return\n"
        "    fi\n"
        "    case \"${COMP_WORDS[1]}\" in\n";
    for (CLI::App* command : subcommands(app)) {
        script += "    " + command->get_name() + ")\n        options=\"" + with_dashes(long_names(*command)) + "\"\n        arguments=\"" +
                  word_list(argument_words(app, command->get_name())) + "\"\n";
        const std::vector<Choice> lists = choices(*command);
        if (!lists.empty()) {
            script += "        case \"$before\" in\n";
            for (const Choice& choice : lists) script += "        --" + choice.option + ") choices=\"" + word_list(choice.values) + "\" ;;\n";
            script += "        esac\n";
        }
        script += "        ;;\n";
    }
    return script +
           "    esac\n"
           "    if [ -n \"$choices\" ]; then\n"
           "        COMPREPLY=($(compgen -W \"$choices\" -- \"$word\"))\n"
           "    elif [ \"${word#-}\" != \"$word\" ]; then\n"
           "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
           "    elif [ \"${before#--}\" = \"$before\" ]; then\n"
           "        COMPREPLY=($(compgen -W \"$arguments\" -- \"$word\"))\n"
           "    fi\n"
           "}\n"
           "complete -o default -F _knoll knoll\n";
}

std::string fish_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("\\'") : std::string(1, c);
    return out + "'";
}

std::string fish_script(CLI::App& app) {
    std::string script;
    for (CLI::App* command : subcommands(app)) {
        const std::string name = command->get_name();
        script += text("complete -c knoll -f -n __fish_use_subcommand -a ", name, " -d ", fish_quoted(command->get_description()), "\n");
        const std::string behind = "complete -c knoll -n '__fish_seen_subcommand_from " + name + "'";
        const std::string words = word_list(argument_words(app, name));
        if (!words.empty()) script += text(behind, " -a ", fish_quoted(words), "\n");
        for (const std::string& option : long_names(*command)) script += text(behind, " -l ", option, "\n");
        for (const Choice& choice : choices(*command)) script += text(behind, " -l ", choice.option, " -x -a ", fish_quoted(word_list(choice.values)), "\n");
    }
    return script;
}

}  // namespace

const std::vector<std::string>& shell_names() {
    static const std::vector<std::string> names{"bash", "zsh", "fish"};
    return names;
}

std::string completion_script(CLI::App& app, const std::string& shell) {
    if (shell == "bash") return "# Completion of knoll in bash.\n" + bash_script(app);
    // zsh reads scripts of bash. As a file of its function path, this one is the function itself, and defines what it calls.
    if (shell == "zsh") return "#compdef knoll\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(app);
    if (shell == "fish") return "# Completion of knoll in fish.\n" + fish_script(app);
    throw UsageError("[completion] expected a shell, got " + shell + suggestion(shell, shell_names()));
}

}  // namespace knoll::apps

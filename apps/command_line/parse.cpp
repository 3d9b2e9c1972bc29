#include <knoll/apps/command_line/parse.h>

#include <knoll/apps/command_line/completion.h>
#include <knoll/apps/command_line/subcommands.h>
#include <knoll/apps/terminal/machine.h>
#include <knoll/apps/terminal/suggestion.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/core/nearest.h>

#include <algorithm>
#include <iterator>

namespace knoll::apps {

namespace {

constexpr const char* introduction =
    "knoll: losses as first-class nodes of a small deep-learning framework.\n"
    "Train with them, compare them, look at them, check their derivatives.";

constexpr const char* general_footer =
    "Examples:\n"
    "  knoll losses                                            what there is\n"
    "  knoll compare missing-labels --losses bce,hill,splc     train side by side, write a report\n"
    "  knoll train imbalanced --loss cce --epochs 5            one run\n"
    "  knoll plot bce hill splc --out losses.svg               see their gradients\n"
    "  knoll SUBCOMMAND --help                                 everything about one of them\n"
    "  knoll losses hill                                       everything about one loss\n"
    "  knoll completion bash > knoll.bash                      words that a shell completes\n\n"
    "Exit status: 0 done, 1 a check that did not hold or a loss that diverged in a comparison, 2 a wrong call or bad input.";

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

std::string see_help(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return "; see knoll " + (chosen.empty() ? "" : chosen.front()->get_name() + " ") + "--help";
}

std::string explain_extras(const CLI::App& app) {
    const std::vector<std::string> extras = app.remaining(true);
    const std::string first = extras.empty() ? "" : extras.front();
    const auto chosen = app.get_subcommands();
    const CLI::App& command = chosen.empty() ? app : *chosen.front();
    const std::string given = first.substr(0, first.find('='));
    const std::string near = given.rfind("--", 0) == 0 ? nearest(given, option_names(command)) : "";
    return "unexpected " + first + (near.empty() ? "" : "; did you mean " + near + "?") + see_help(app);
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(command->get_name());
    return names;
}

std::string unknown_subcommand(const std::string& name, const std::vector<std::string>& names) {
    return "unknown subcommand " + name + suggestion(name, names) + "; see knoll --help";
}

// The page of a subcommand, or the first one of all.
std::string help_of(const CLI::App& app, const std::string& name) {
    if (name.empty()) return app.get_formatter()->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal);
    const std::vector<std::string> names = subcommand_names(app);
    if (std::find(names.begin(), names.end(), name) == names.end()) throw UsageError(unknown_subcommand(name, names));
    return app.get_subcommand(name)->help(app.get_name());
}

void check_subcommand(const CLI::App& app, const std::vector<std::string>& arguments) {
    const std::vector<std::string> names = subcommand_names(app);
    if (arguments.empty()) return;
    const std::string& first = arguments.front();
    if (first.rfind('-', 0) == 0 || std::find(names.begin(), names.end(), first) != names.end()) return;
    throw UsageError(unknown_subcommand(first, names));
}

std::string joined(const std::vector<std::string>& arguments) {
    std::string line = "knoll";
    for (const std::string& argument : arguments) line += " " + argument;
    return line;
}

// Not those that say where results go, how they are shown and how fast they come.
std::vector<std::string> lasting_arguments(const CLI::App& command, const std::string& task) {
    const std::vector<std::string> passing{"out", "resume", "json", "quiet", "threads"};
    std::vector<std::string> arguments{command.get_name(), task};
    for (const CLI::Option* option : command.get_options()) {
        const std::vector<std::string>& names = option->get_lnames();
        if (option->count() == 0 || names.empty() || std::find(passing.begin(), passing.end(), names.front()) != passing.end()) continue;
        arguments.push_back("--" + names.front() + "=" + option->results().front());
    }
    return arguments;
}

std::string name_of(const std::string& argument) { return argument.substr(0, argument.find('=')); }

// What a run that is to be resumed was begun with, as far as it is not given now. The folder of another subcommand has nothing to
// say here, and is refused later.
std::vector<std::string> arguments_not_given(const TrainingOptions& options, const std::vector<std::string>& given) {
    const std::vector<std::string> noted = noted_arguments(options.resume);
    std::vector<std::string> missing;
    if (noted.size() < 2 || noted[0] != options.arguments[0]) return missing;
    require<FileError>(noted[1] == options.task, "[resume] expected the settings that ", options.resume, " was begun with, task = ", noted[1],
                       ", got task = ", options.task, "; give the same task, or start afresh with --out");
    std::copy_if(noted.begin() + 2, noted.end(), std::back_inserter(missing), [&](const std::string& argument) {
        return std::none_of(given.begin(), given.end(), [&](const std::string& other) { return name_of(other) == name_of(argument); });
    });
    return missing;
}

const TrainingOptions* training_options(const Request& request) {
    if (const auto* train = std::get_if<TrainOptions>(&request)) return train;
    return std::get_if<CompareOptions>(&request);
}

Request parse_as_typed(const std::vector<std::string>& arguments) {
    CLI::App app{introduction, "knoll"};
    app.footer(general_footer);
    app.get_formatter()->column_width(34);
    app.require_subcommand(0, 1);  // a second such name is an argument: knoll bench loss
    app.set_help_flag("-h,--help", "explain, and stop");
    app.set_version_flag("--version", "knoll " + knoll_version(), "print the version, and stop");

    LossOptions loss;
    CheckOptions check;
    PlotOptions plot;
    TrainOptions train;
    CompareOptions compare;
    GradcheckCommandOptions gradcheck;
    BenchOptions bench;
    LossesOptions losses;
    std::string explained;
    std::string shell;
    const CLI::App* losses_command = add_losses(app, losses);
    const CLI::App* loss_command = add_loss(app, loss);
    const CLI::App* check_command = add_check(app, check);
    const CLI::App* plot_command = add_plot(app, plot);
    const CLI::App* train_command = add_train(app, train);
    const CLI::App* compare_command = add_compare(app, compare);
    const CLI::App* gradcheck_command = add_gradcheck(app, gradcheck);
    const CLI::App* bench_command = add_bench(app, bench);
    const CLI::App* help_command = add_help(app, explained);
    const CLI::App* completion_command = add_completion(app, shell);
    check_subcommand(app, arguments);

    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
        return Message{app.help()};
    } catch (const CLI::CallForVersion& version) {
        return Message{std::string(version.what()) + "\n"};
    } catch (const CLI::ExtrasError&) {
        throw UsageError(explain_extras(app));
    } catch (const CLI::ArgumentMismatch& error) {
        const std::string what = error.what();
        throw UsageError(what.substr(0, what.find(':')) + ": expected exactly one value" + see_help(app));
    } catch (const CLI::ParseError& error) {
        throw UsageError(error.what() + see_help(app));
    }
    if (*help_command) return Message{help_of(app, explained)};
    if (*completion_command) return Message{completion_script(app, shell)};
    train.command = compare.command = joined(arguments);
    train.arguments = lasting_arguments(*train_command, train.task);
    compare.arguments = lasting_arguments(*compare_command, compare.task);
    if (*losses_command) return losses;
    if (*loss_command) return loss;
    if (*plot_command) return plot;
    if (*train_command) return train;
    if (*compare_command) return compare;
    if (*check_command) return check;
    if (*gradcheck_command) return gradcheck;
    if (*bench_command) return bench;
    return Message{app.help()};
}

}  // namespace

Request parse(const std::vector<std::string>& arguments) {
    Request request = parse_as_typed(arguments);
    const TrainingOptions* training = training_options(request);
    if (training == nullptr || training->resume.empty()) return request;
    std::vector<std::string> all = arguments;
    for (const std::string& argument : arguments_not_given(*training, arguments)) all.push_back(argument);
    return parse_as_typed(all);
}

}  // namespace knoll::apps

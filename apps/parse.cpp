// What can be typed, and how it is explained. With the validators, the only files that include CLI11.
#include <knoll/apps/parse.h>

#include <knoll/apps/tasks/catalog.h>
#include <knoll/apps/terminal/machine.h>
#include <knoll/apps/terminal/suggestion.h>
#include <knoll/apps/training/hyperparameters.h>
#include <knoll/apps/training/models.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/apps/validators.h>
#include <knoll/core/nearest.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <iterator>
#include <limits>

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
    "  knoll SUBCOMMAND --help                                 everything about one of them\n\n"
    "Exit status: 0 done, 1 a check that did not hold or a loss that diverged in a comparison, 2 a wrong call or bad input.";

CLI::Option* add_path(CLI::App& command, const char* name, std::string& path, const char* help, const char* kind) {
    return command.add_option(name, path, help)->check(given_path())->type_name(kind);
}

CLI::App* add_command(CLI::App& app, const char* name, const char* description, const char* footer) {
    CLI::App* command = app.add_subcommand(name, description);
    command->footer(footer);
    return command;
}

void add_loss_call(CLI::App& command, LossCall& options) {
    command.add_option("NAME", options.loss, "the loss: name or name:key=value,...")->required();
    command.add_option("PARAMETER", options.parameters, "further parameters, key=value");
    add_path(command, "--logits", options.logits, "[N, C] or [N, K]", "L.npy")->required();
    add_path(command, "--targets", options.targets, "[N, C] in {0, 1}, or [N] class indices", "T.npy")->required();
    command.add_option("--epoch", options.epoch, "the epoch, from 0, for losses that change with it")
        ->transform(whole_number(0))
        ->type_name("E")
        ->capture_default_str();
    command.add_option("--reduction", options.reduction, "none, mean or sum")->check(one_of({"none", "mean", "sum"}))->type_name("R")->capture_default_str();
}

CLI::App* add_loss(CLI::App& app, LossOptions& options) {
    CLI::App* command = add_command(app, "loss", "Evaluate a loss on arrays of your own: value, gradient, Hessian-vector product",
                                    "Examples:\n"
                                    "  knoll loss hill --logits z.npy --targets y.npy --grad g.npy\n"
                                    "  knoll loss focal gamma=1 --logits z.npy --targets y.npy --reduction mean --dtype f32\n"
                                    "  knoll loss splc --epoch 1 --logits z.npy --targets y.npy --tangent d.npy --hvp hd.npy\n\n"
                                    "Prints the value with 17 digits; with --reduction none all of them, if there are no more than 20.\n"
                                    "The gradient and the Hessian-vector product are of the sum of what the reduction leaves.");
    add_loss_call(*command, options);
    command->add_option("--dtype", options.dtype, "f32 or f64: what is computed in and written")
        ->check(one_of({"f32", "f64"}))
        ->type_name("D")
        ->capture_default_str();
    add_path(*command, "--value", options.value, "write the value", "V.npy");
    add_path(*command, "--grad", options.grad, "write the gradient with respect to the logits", "G.npy");
    CLI::Option* tangent = add_path(*command, "--tangent", options.tangent, "a direction, shaped as the logits", "D.npy");
    CLI::Option* product = add_path(*command, "--hvp", options.hvp, "write the Hessian times the direction", "H.npy");
    tangent->needs(product);
    product->needs(tangent);
    return command;
}

CLI::App* add_check(CLI::App& app, GradientOptions& options) {
    CLI::App* command = add_command(app, "check", "Judge a gradient that another program has computed",
                                    "Examples:\n"
                                    "  knoll check hill --logits z.npy --targets y.npy --grad g.npy\n"
                                    "  knoll check asl detach=1 --logits z.npy --targets y.npy --grad g.npy --reduction mean\n\n"
                                    "Computes the exact gradient in f64 and prints how far yours is from it: the largest relative difference,\n"
                                    "or what departs, the worst element, and the mistake that explains all of it, if it is a usual one.\n"
                                    "A difference is relative to the exact element, or to a hundredth of the largest one where that is more.\n"
                                    "The tolerance is 1e-4 for a gradient in f32 and 1e-9 for one in f64, unless given.\n\n"
                                    "Exit status: 0 it agrees, 1 it departs, 2 a wrong call or bad input.");
    add_loss_call(*command, options);
    add_path(*command, "--grad", options.grad, "the gradient to judge, by the logits, of the sum of what the reduction leaves; f32 or f64", "G.npy")
        ->required();
    command->add_option("--tolerance", options.tolerance, "the largest relative difference that agrees")->check(positive())->type_name("R");
    return command;
}

CLI::App* add_plot(CLI::App& app, PlotOptions& options) {
    CLI::App* command = add_command(app, "plot", "Draw value and gradient of losses against the logit",
                                    "Examples:\n"
                                    "  knoll plot bce focal asl hill splc --out multi-label.svg\n"
                                    "  knoll plot cross_entropy softmax_focal cce --out single-label.svg\n\n"
                                    "Multi-label losses are drawn for a positive and a negative target; single-label ones against\n"
                                    "the logit of the true class and that of a wrong one, with the others at 0.");
    command->add_option("NAME", options.losses, "losses: name or name:key=value,...")->required();
    add_path(*command, "--out", options.out, "the file to write", "FILE.svg")->required();
    command->add_option("--from", options.from, "the lowest logit")->check(logit())->type_name("X")->capture_default_str();
    command->add_option("--to", options.to, "the highest logit")->check(logit())->type_name("X")->capture_default_str();
    command->add_option("--epoch", options.epoch, "the epoch, from 0, for losses that change with it")
        ->transform(whole_number(0))
        ->type_name("E")
        ->capture_default_str();
    command->add_option("--classes", options.classes, "number of classes, for losses that depend on it")
        ->transform(whole_number(2, 10'000))
        ->type_name("N")
        ->capture_default_str();
    return command;
}

std::string task_names() {
    std::string names;
    for (const TaskEntry& entry : task_catalog()) names += (names.empty() ? "" : ", ") + entry.info.name;
    return names;
}

// An option that several tasks have is listed with the first of them.
void add_task_options(CLI::App& command, TrainingOptions& options) {
    for (const TaskEntry& entry : task_catalog())
        for (const TaskOption& option : entry.info.options) {
            if (command.get_option_no_throw("--" + option.name) != nullptr) continue;
            std::string help = option.help + " (" + option.initial + " unless given)";
            command
                .add_option_function<std::string>(
                    "--" + option.name, [&options, name = option.name](const std::string& value) { options.task_options[name] = value; }, help)
                ->type_name("X")
                ->group("Options of " + entry.info.name);
        }
}

void add_training_options(CLI::App& command, TrainingOptions& options) {
    command.add_option("TASK", options.task, task_names())->required();
    command.add_option("--data", options.data, "fashion; cifar10; cifar100; arff:TRAIN,TEST,LABELS[,CxHxW]; shapes (drawn, needs no file)")
        ->type_name("DATA")
        ->capture_default_str()
        ->group("Data");
    add_path(command, "--data-dir", options.data_dir, "folder of the files; for fashion the Debian package's unless given", "DIR")->group("Data");
    command.add_option("--train-size", options.train_size, "training examples")->transform(whole_number(1))->type_name("N")->group("Data");
    command.add_option("--test-size", options.test_size, "test examples")->transform(whole_number(1))->type_name("N")->group("Data");
    command
        .add_flag("--validate", options.validate, "hold a fifth of the training data apart and evaluate on it instead of the test set: for choosing settings")
        ->group("Data");
    add_task_options(command, options);

    const std::string training = "Training (what is not given is chosen per task and model, and printed)";
    command.add_option("--model", options.model, "small_cnn, mlp, lenet5 or resnet20")->check(one_of(model_names()))->type_name("NAME")->group(training);
    command.add_option("--epochs", options.epochs, "passes over the data")->transform(whole_number(1))->type_name("N")->group(training);
    command.add_option("--batch", options.batch, "examples per step")->transform(whole_number(1))->type_name("N")->group(training);
    command.add_option("--lr", options.learning_rate, "highest learning rate")->check(positive())->type_name("X")->group(training);
    command.add_option("--optimizer", options.optimizer, "sgd, nesterov, adam, adamw or rmsprop")
        ->check(one_of(optimizer_names()))
        ->type_name("NAME")
        ->group(training);
    command.add_option("--schedule", options.schedule, "constant, step, cosine, one-cycle or warmup-cosine")
        ->check(one_of(schedule_names()))
        ->type_name("NAME")
        ->group(training);
    command.add_option("--weight-decay", options.weight_decay, "of weights with two or more dimensions")
        ->check(not_negative())
        ->type_name("X")
        ->group(training);
    command.add_option("--ema", options.ema, "decay of the averaged weights that are evaluated; 0: none")->check(below_one())->type_name("X")->group(training);
    command.add_option("--seed", options.seed, "of everything random")
        ->transform(whole_number(0, std::numeric_limits<std::int64_t>::max()))
        ->type_name("N")
        ->capture_default_str()
        ->group(training);
    command.add_option("--threads", options.threads, "all cores unless given; the results do not depend on it")
        ->transform(whole_number(1, max_threads))
        ->type_name("N")
        ->group(training);

    add_path(command, "--out", options.out, "folder for log, checkpoints and results", "DIR")->group("Output");
    add_path(command, "--resume", options.resume, "go on from this folder, with the options that it was begun with", "DIR")->group("Output");
    command.add_option("--checkpoint-every", options.checkpoint_every, "batches between checkpoints within an epoch")
        ->transform(whole_number(1))
        ->type_name("N")
        ->capture_default_str()
        ->group("Output");
    add_path(command, "--json", options.json, "results for programs", "FILE")->group("Output");
    command.add_flag("--quiet", options.quiet, "no progress bar")->group("Output");
}

std::string task_footer(const char* examples) {
    std::string footer = examples;
    for (const TaskEntry& entry : task_catalog()) {
        footer += "\n" + entry.info.name + ": " + entry.info.summary + "\n";
        for (const Modifier& modifier : entry.info.modifiers)
            footer += "  LOSS+" + modifier.name + std::string(12 - modifier.name.size(), ' ') + modifier.help + "\n";
    }
    return footer + "\nInterrupted (Ctrl-C), a run finishes its step, writes a checkpoint and goes on later with --resume DIR.";
}

CLI::App* add_train(CLI::App& app, TrainOptions& options) {
    CLI::App* command = add_command(app, "train", "Train one model with one loss; log, checkpoints, resume to the bit", "");
    command->footer(
        task_footer("Examples:\n"
                    "  knoll train missing-labels --loss hill --out runs/hill\n"
                    "  knoll train imbalanced --loss cce:gamma=-2 --model lenet5 --epochs 10\n"
                    "  knoll train missing-labels --resume runs/hill\n"));
    command
        ->add_option_function<std::string>(
            "--loss", [&options](const std::string& method) { options.methods = {method}; }, "name[:key=value,...][+modifier]; the task's first unless given")
        ->type_name("LOSS");
    add_training_options(*command, options);
    return command;
}

CLI::App* add_compare(CLI::App& app, CompareOptions& options) {
    CLI::App* command = add_command(app, "compare", "Train several losses under the same seeds; table, results.json, results.csv, report.html", "");
    command->footer(
        task_footer("Examples:\n"
                    "  knoll compare missing-labels --losses bce+full,bce,focal,asl,hill,splc --seeds 3 --out results\n"
                    "  knoll compare imbalanced --losses cross_entropy,cot,cce,cce:gamma=-5 --profile step --ratio 0.1\n"
                    "  knoll compare missing-labels --data shapes --losses bce,hill\n"));
    command
        ->add_option_function<std::string>(
            "--losses", [&options](const std::string& list) { options.methods = split_methods(list); },
            "A,B,...: each name[:key=value,...][+modifier]; the task's own unless given")
        ->type_name("LIST");
    command->add_option("--seeds", options.seeds, "runs per loss, with seeds SEED, SEED + 1, ...")
        ->transform(whole_number(1))
        ->type_name("N")
        ->capture_default_str();
    add_training_options(*command, options);
    return command;
}

CLI::App* add_gradcheck(CLI::App& app, CheckOptions& options) {
    CLI::App* command = add_command(app, "gradcheck", "Check every op, layer and loss against finite differences, to second order",
                                    "Examples:\n  knoll gradcheck\n  knoll gradcheck conv softmax hill");
    command->add_option("NAME", options.names, "check those whose name contains one of these");
    command->add_flag("--quiet", options.quiet, "print failures and the last line alone");
    return command;
}

CLI::App* add_bench(CLI::App& app, BenchOptions& options) {
    CLI::App* command = add_command(app, "bench", "Measure the throughput of the standard workloads",
                                    "Examples:\n  knoll bench\n  knoll bench lenet5 loss:hill --threads 1 --json bench.json\n\n"
                                    "A step is forward, backward and SGD with momentum; for a loss, its value and gradient.\n"
                                    "Workloads: mlp, lenet5, cnn, resnet20, loss:NAME for every loss.");
    command->add_option("NAME", options.names, "workloads; all unless given");
    command->add_option("--threads", options.threads, "1 and all cores unless given")->transform(whole_number(1, max_threads))->type_name("N");
    command->add_option("--seconds", options.seconds, "measured per workload and number of threads")->check(positive())->type_name("S")->capture_default_str();
    add_path(*command, "--json", options.json, "results for programs", "FILE");
    return command;
}

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

void check_subcommand(const CLI::App& app, const std::vector<std::string>& arguments) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(command->get_name());
    if (arguments.empty()) throw UsageError("expected a subcommand" + suggestion("", names) + "; see knoll --help");
    const std::string& first = arguments.front();
    if (first.rfind('-', 0) == 0 || std::find(names.begin(), names.end(), first) != names.end()) return;
    throw UsageError("unknown subcommand " + first + suggestion(first, names) + "; see knoll --help");
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
    app.set_help_flag("-h,--help", "explain, and stop");
    app.set_version_flag("--version", "knoll " + knoll_version(), "print the version, and stop");

    LossOptions loss;
    GradientOptions gradient;
    PlotOptions plot;
    TrainOptions train;
    CompareOptions compare;
    CheckOptions gradcheck;
    BenchOptions bench;
    const CLI::App* losses_command = add_command(app, "losses", "List every loss: name, parameters with defaults, kind of target, paper", "");
    const CLI::App* loss_command = add_loss(app, loss);
    const CLI::App* check_command = add_check(app, gradient);
    const CLI::App* plot_command = add_plot(app, plot);
    const CLI::App* train_command = add_train(app, train);
    const CLI::App* compare_command = add_compare(app, compare);
    const CLI::App* gradcheck_command = add_gradcheck(app, gradcheck);
    add_bench(app, bench);
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
    train.command = compare.command = joined(arguments);
    train.arguments = lasting_arguments(*train_command, train.task);
    compare.arguments = lasting_arguments(*compare_command, compare.task);
    if (*losses_command) return LossesOptions{};
    if (*loss_command) return loss;
    if (*plot_command) return plot;
    if (*train_command) return train;
    if (*compare_command) return compare;
    if (*check_command) return gradient;
    if (*gradcheck_command) return gradcheck;
    return bench;
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

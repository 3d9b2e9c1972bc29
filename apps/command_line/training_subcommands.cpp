// The subcommands that train.
#include <knoll/apps/command_line/subcommands.h>

#include <knoll/apps/command_line/parse.h>
#include <knoll/apps/command_line/validators.h>
#include <knoll/apps/tasks/catalog.h>
#include <knoll/apps/training/hyperparameters.h>
#include <knoll/apps/training/models.h>
#include <knoll/core/parallel.h>

#include <limits>

namespace knoll::apps {

namespace {

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

}  // namespace

CLI::App* add_train(CLI::App& app, TrainOptions& options) {
    CLI::App* command = add_subcommand(app, "train", "Train one model with one loss; log, checkpoints, resume to the bit", "");
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
    CLI::App* command = add_subcommand(app, "compare", "Train several losses under the same seeds; table, results.json, results.csv, report.html", "");
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

}  // namespace knoll::apps

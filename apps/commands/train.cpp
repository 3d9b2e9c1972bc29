#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/commands/training.h>
#include <knoll/apps/report/results_files.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/apps/training/trainer.h>
#include <knoll/apps/training/way_on.h>
#include <knoll/core/files/atomic_file.h>
#include <knoll/nn/weights.h>

#include <algorithm>
#include <ostream>

namespace knoll::apps {

namespace {

// The loss that was asked for; without one, the first of the task's that is no reference.
const Method& chosen_method(const TrainingPlan& plan) {
    const auto chosen = std::find_if(plan.methods.begin(), plan.methods.end(), [&](const Method& method) { return !plan.task->is_reference(method); });
    return chosen == plan.methods.end() ? plan.methods.front() : *chosen;
}

}  // namespace

int run(const TrainOptions& options, Console& console) {
    const SignalWatch signals;
    if (!options.resume.empty()) require_begun(options.resume, "settings.txt");
    const TrainingPlan plan = make_plan(options, console);
    const Method& method = chosen_method(plan);
    const Hyperparameters hyperparameters = with_options(plan.task->defaults(method), options);
    print_settings(console, run_settings(*plan.task, method, hyperparameters, options.seed));

    Trainer trainer{*plan.task,
                    method,
                    hyperparameters,
                    {.seed = options.seed,
                     .resume = !options.resume.empty(),
                     .checkpoint_every = options.checkpoint_every,
                     .quiet = options.quiet,
                     .narrate = true,
                     .label = method.text,
                     .way_on = plan.way_on},
                    RunFolder{plan.folder, options.arguments},
                    console};
    const RunResult result = trainer.run(signals);

    Results results{
        .task = options.task, .data = plan.task->data_name(), .options = run_settings(*plan.task, method, hyperparameters, options.seed), .runs = {result}};
    if (plan.task->is_reference(method)) results.references = {method.text};
    console.out << '\n';
    print_summary(console, results);
    if (!plan.folder.empty()) {
        write_with_way_on(plan.way_on, [&] {
            nn::save_safetensors(trainer.model(), plan.folder + "/model.safetensors");
            write_file(plan.folder + "/results.json", results_json(results));
        });
        console.out << "\nlog, results and weights: " << plan.folder << '\n';
    }
    if (!options.json.empty()) write_file(options.json, results_json(results));
    return exit_done;
}

}  // namespace knoll::apps

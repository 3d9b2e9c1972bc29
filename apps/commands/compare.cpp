#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/commands/training.h>
#include <knoll/apps/report/results_files.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/apps/training/comparison.h>
#include <knoll/apps/training/trainer.h>
#include <knoll/apps/training/way_on.h>
#include <knoll/core/files/atomic_file.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <set>
#include <sstream>

namespace knoll::apps {

namespace {

class ComparisonRun {
public:
    ComparisonRun(const CompareOptions& options, Console& console) : options_(options), console_(console), plan_(make_plan(options, console)) {
        results_.task = options.task;
        results_.data = plan_.task->data_name();
        results_.options = settings();
        for (const Method& method : plan_.methods)
            if (plan_.task->is_reference(method)) results_.references.push_back(method.text);
        print_settings(console, results_.options);
        if (plan_.folder.empty() || !options.resume.empty()) return;
        forget_comparison(plan_.folder);
        note_arguments(plan_.folder, options.arguments);
    }

    // Seed by seed, so that a comparison that is broken off has seen all losses alike.
    void train_all(const SignalWatch& signals) {
        for (int i = 0; i < options_.seeds; ++i)
            for (const Method& method : plan_.methods)
                if (!has_failed(method)) try_to_train(method, options_.seed + static_cast<std::uint64_t>(i), signals);
        group_by_loss();
    }

    // All is made before anything is written. Returns the exit status.
    int finish() {
        console_.out << '\n';
        print_summary(console_, results_);
        const std::string json = results_json(results_);
        const std::string html = plan_.folder.empty() ? "" : report_html(make_report(*plan_.task, plan_.methods, results_, options_));
        if (!options_.json.empty()) write_file(options_.json, json);
        if (!plan_.folder.empty()) {
            write_with_way_on(plan_.way_on, [&] {
                write_file(plan_.folder + "/results.json", json);
                write_file(plan_.folder + "/results.csv", results_csv(results_));
                write_file(plan_.folder + "/table.txt", summary_table());
                write_file(plan_.folder + "/report.html", html);
            });
            console_.out << "\nreport: " << plan_.folder << "/report.html\n";
        }
        return results_.failed.empty() ? exit_done : exit_check_failed;
    }

private:
    Hyperparameters hyperparameters(const Method& method) const { return with_options(plan_.task->defaults(method), options_); }

    // What all runs share; a hyper-parameter in which losses differ is named once for each.
    NamedTexts settings() const {
        NamedTexts settings = plan_.task->describe();
        const NamedTexts first = describe(hyperparameters(plan_.methods.front()));
        for (std::size_t i = 0; i < first.size(); ++i) settings.emplace_back(first[i].first, shared_value(i));
        const std::uint64_t last_seed = options_.seed + static_cast<std::uint64_t>(options_.seeds) - 1;
        settings.emplace_back("seeds", options_.seeds > 1 ? text(options_.seed, " to ", last_seed) : text(options_.seed));
        return settings;
    }

    // Hyper-parameter i: "0.1" where all losses have that, "0.1 (bce), 0.2 (hill)" otherwise.
    std::string shared_value(std::size_t i) const {
        std::set<std::string> values;
        std::string listed;
        for (const Method& method : plan_.methods) {
            const std::string value = describe(hyperparameters(method))[i].second;
            values.insert(value);
            listed += text(listed.empty() ? "" : ", ", value, " (", method.text, ")");
        }
        return values.size() == 1 ? *values.begin() : listed;
    }

    bool has_failed(const Method& method) const {
        return std::any_of(results_.failed.begin(), results_.failed.end(), [&](const FailedRun& run) { return run.loss == method.text; });
    }

    // A loss that diverges costs the others nothing.
    void try_to_train(const Method& method, std::uint64_t seed, const SignalWatch& signals) {
        try {
            results_.runs.push_back(train(method, seed, signals));
        } catch (const Diverged& error) {
            results_.failed.push_back({method.text, seed, error.what()});
            console_.out << method.text << "  seed " << seed << "  diverged" << std::endl;
        }
    }

    RunResult train(const Method& method, std::uint64_t seed, const SignalWatch& signals) {
        const std::string name = text(method.text, "  seed ", seed);
        const RunFolder folder{plan_.folder.empty() ? "" : text(plan_.folder, "/runs/", file_name(method.text), "-seed", seed)};
        const bool resume = !options_.resume.empty();
        Trainer trainer{
            *plan_.task,
            method,
            hyperparameters(method),
            {.seed = seed, .resume = resume, .checkpoint_every = options_.checkpoint_every, .quiet = options_.quiet, .label = name, .way_on = plan_.way_on},
            folder,
            console_};
        const std::optional<RunResult> done = resume ? folder.result() : std::nullopt;
        RunResult result = done ? *done : trainer.run(signals);
        require_alike(result, method, seed, folder);
        print_run(name, result);
        return result;
    }

    // Tables and curves rely on it; what was read from a folder may be damaged.
    void require_alike(const RunResult& run, const Method& method, std::uint64_t seed, const RunFolder& folder) const {
        const std::vector<Metric>& metrics = results_.runs.empty() ? run.metrics : results_.runs.front().metrics;
        const auto has_metrics = [&](const auto& part) { return same_names(part.metrics, metrics); };
        const bool alike = run.loss == method.text && run.seed == seed && !metrics.empty() && has_metrics(run) &&
                           run.per_class.size() == plan_.task->class_names().size() && static_cast<int>(run.epochs.size()) == hyperparameters(method).epochs &&
                           std::all_of(run.epochs.begin(), run.epochs.end(), has_metrics);
        require<FileError>(alike, "[resume] expected the result of ", method.text, " with seed ", seed, " in ", folder.path(),
                           ", got another or a damaged one; remove that folder to train anew");
    }

    void print_run(const std::string& name, const RunResult& result) {
        std::string line = name;
        for (const Metric& metric : result.metrics) line += text("  ", metric.name, " ", fixed(metric.value, 2));
        console_.out << line << "  " << duration(result.seconds) << std::endl;
    }

    std::string summary_table() const {
        std::ostringstream table;
        print_summary({.out = table, .error = table}, results_);
        return table.str();
    }

    void group_by_loss() {
        std::vector<RunResult> grouped;
        for (const Method& method : plan_.methods)
            for (const RunResult& run : results_.runs)
                if (run.loss == method.text) grouped.push_back(run);
        results_.runs = std::move(grouped);
    }

    const CompareOptions& options_;
    Console& console_;
    TrainingPlan plan_;
    Results results_;
};

}  // namespace

int run(const CompareOptions& options, Console& console) {
    std::optional<SignalWatch> signals{std::in_place};
    if (!options.resume.empty())
        for (const char* trace : {"options.txt", "runs"}) require_begun(options.resume, trace);
    ComparisonRun comparison{options, console};
    comparison.train_all(*signals);
    signals.reset();  // no run can be lost from here on
    return comparison.finish();
}

}  // namespace knoll::apps

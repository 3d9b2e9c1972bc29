#include <knoll/apps/training/comparison.h>

#include <knoll/apps/plots/loss_curves.h>
#include <knoll/apps/terminal/machine.h>
#include <knoll/core/parallel.h>
#include <knoll/losses/registry.h>

#include <algorithm>
#include <cmath>

namespace knoll::apps {

namespace {

bool is_reference(const Results& results, const std::string& loss) {
    return std::find(results.references.begin(), results.references.end(), loss) != results.references.end();
}

std::vector<std::string> loss_names(const Results& results) {
    std::vector<std::string> names;
    for (const LossSummary& summary : summarize(results)) names.push_back(summary.loss);
    return names;
}

double logged(const EpochRecord& record, int metric) { return metric < 0 ? record.loss : record.metrics[static_cast<std::size_t>(metric)].value; }

bool is_among(const std::string& name, const std::vector<std::string>& names) { return std::find(names.begin(), names.end(), name) != names.end(); }

// Without modifiers, each once.
std::vector<std::string> procedures_among(const std::vector<Method>& methods, const TaskInfo& info) {
    std::vector<std::string> procedures;
    for (const Method& method : methods)
        if (is_among(method.loss, info.procedures) && !is_among(method.loss, procedures)) procedures.push_back(method.loss);
    return procedures;
}

bool has_curve(const std::string& loss) {
    const std::string name = loss.substr(0, loss.find(':'));
    const auto& all = losses::registry();
    return std::none_of(all.begin(), all.end(), [&](const losses::LossInfo& info) { return info.name == name && info.of_batch; });
}

std::vector<std::string> drawable_losses(const std::vector<Method>& methods, const TaskInfo& info) {
    std::vector<std::string> losses;
    for (const Method& method : methods)
        if (!is_among(method.loss, info.procedures) && !is_among(method.loss, losses) && has_curve(method.loss)) losses.push_back(method.loss);
    return losses;
}

FigureGroup learning_group(const Task& task, const Results& results) {
    FigureGroup group{
        .heading = "Learning curves",
        .introduction = text("After every epoch, on ", task.curve_examples(),
                             " of the evaluation images (all, if there are fewer), the same in all runs; the band is one standard deviation over seeds. "
                             "No setting and no epoch was chosen by these numbers: the table shows where each run ended.")};
    if (summarize(results).empty() || results.runs.front().epochs.empty()) return group;
    const auto& metrics = results.runs.front().epochs.front().metrics;
    for (std::size_t m = 0; m < metrics.size(); ++m)
        if (!std::isnan(metrics[m].value))  // what a task does not judge while training
            group.figures.push_back({.svg = line_plot(learning_curves(task, results, static_cast<int>(m))), .caption = metrics[m].name + " while training"});
    group.figures.push_back(
        {.svg = line_plot(learning_curves(task, results, -1)), .caption = "Mean training loss of each epoch. Different losses have different scales."});
    return group;
}

FigureGroup class_group(const Task& task, const Results& results) {
    FigureGroup group{.heading = "Class by class", .introduction = "At the end of training; means over seeds with one standard deviation."};
    if (summarize(results).empty() || results.runs.front().per_class.empty()) return group;
    group.figures.push_back(
        {.svg = bar_plot(class_bars(results, task.class_names(), task.per_class_label())), .caption = "Each class: " + task.per_class_label(), .wide = true});
    return group;
}

FigureGroup loss_group(const std::vector<Method>& methods, const Task& task) {
    if (task.info().targets == losses::TargetKind::same_class) return {};  // losses of pairs have no curve
    FigureGroup group{.heading = "The losses compared",
                      .introduction =
                          "Value and gradient against the logit. Where a gradient is positive, training pushes the logit down. "
                          "A loss that changes with the epoch is drawn as it is from the second one on."};
    for (const std::string& procedure : procedures_among(methods, task.info()))
        group.introduction += " " + procedure + " is a procedure of several steps, not a loss, and has no curve of its own.";
    const std::vector<std::string> losses = drawable_losses(methods, task.info());
    if (losses.empty() || task.class_names().empty()) return group;
    const auto classes = static_cast<std::int64_t>(task.class_names().size());
    for (const LinePlot& plot : loss_curves(losses, {.classes = classes}))
        group.figures.push_back({.svg = line_plot(plot), .caption = plot.title + " against the " + plot.x_label});
    return group;
}

// Of each loss, the first seed.
FigureGroup run_group(const Results& results) {
    FigureGroup group{.heading = "What was learned", .introduction = "Of the first seed."};
    for (const std::string& loss : loss_names(results))
        for (const Figure& figure : runs_of(results, loss).front()->figures)
            group.figures.push_back({.svg = figure.svg, .caption = loss + ": " + figure.caption, .wide = figure.wide});
    return group;
}

std::vector<MethodGallery> run_galleries(const Results& results) {
    std::vector<MethodGallery> shown;
    for (const std::string& loss : loss_names(results))
        for (const Gallery& gallery : runs_of(results, loss).front()->galleries) shown.push_back({loss, gallery});
    return shown;
}

}  // namespace

LinePlot learning_curves(const Task& task, const Results& results, int metric) {
    const std::string label = metric < 0 ? "training loss" : results.runs.front().epochs.front().metrics[static_cast<std::size_t>(metric)].name;
    LinePlot plot{.title = label,
                  .x_label = task.progress_label(),
                  .y_label = metric < 0 ? "loss" : label + " (percent)",
                  .series = {},
                  .markers = true,
                  .whole_x = true};
    if (metric >= 0) plot.limits = Range{0, 100};
    for (const std::string& loss : loss_names(results)) {
        const auto runs = runs_of(results, loss);
        Series series{.name = loss, .x = {}, .y = {}, .reference = is_reference(results, loss)};
        for (std::size_t e = 0; e < runs.front()->epochs.size(); ++e) {
            std::vector<double> values;
            for (const RunResult* run : runs)
                if (e < run->epochs.size()) values.push_back(logged(run->epochs[e], metric));
            const MeanStd statistics = mean_std(values);
            series.x.push_back(task.progress(runs.front()->epochs[e].epoch));
            series.y.push_back(statistics.mean);
            if (runs.size() > 1) series.spread.push_back(statistics.std);
        }
        plot.series.push_back(std::move(series));
    }
    return plot;
}

BarPlot class_bars(const Results& results, const std::vector<std::string>& class_names, const std::string& label) {
    BarPlot plot{.title = "", .y_label = label, .categories = class_names, .limit = 100.0};
    for (const std::string& loss : loss_names(results)) {
        const auto runs = runs_of(results, loss);
        BarSeries series{.name = loss, .values = {}, .reference = is_reference(results, loss)};
        for (std::size_t c = 0; c < class_names.size(); ++c) {
            std::vector<double> values;
            values.reserve(runs.size());
            for (const RunResult* run : runs) values.push_back(run->per_class.at(c));
            const MeanStd statistics = mean_std(values);
            series.values.push_back(statistics.mean);
            if (runs.size() > 1) series.spread.push_back(statistics.std);
        }
        plot.series.push_back(std::move(series));
    }
    return plot;
}

Report make_report(const Task& task, const std::vector<Method>& methods, const Results& results, const TrainingOptions& options) {
    return {.title = task.title(),
            .introduction = task.introduction(),
            .results = results,
            .figures = {learning_group(task, results), class_group(task, results), loss_group(methods, task), run_group(results)},
            .examples_introduction = task.examples_introduction(),
            .examples = task.examples(options.seed),
            .galleries = run_galleries(results),
            .command = options.command,
            .details = {{"machine", machine_name()},
                        {"threads", std::to_string(num_threads())},
                        {"knoll", knoll_version() + ", " + compiler_name()},
                        {"made", current_time()}}};
}

}  // namespace knoll::apps

#include <knoll/apps/tasks/catalog.h>

#include <knoll/apps/tasks/tasks.h>
#include <knoll/apps/terminal/suggestion.h>
#include <knoll/core/error.h>

#include <algorithm>

namespace knoll::apps {

const std::vector<TaskEntry>& task_catalog() {
    static const std::vector<TaskEntry> entries{
        {missing_labels_info(), make_missing_labels},
        {imbalanced_info(), make_imbalanced_task},
        {long_tailed_partial_info(), make_long_tailed_partial},
        {noisy_labels_info(), make_noisy_labels},
        {label_proportions_info(), make_label_proportions},
        {adapt_info(), make_adapt},
        {metric_info(), make_metric_task},
        {influence_info(), make_influence_task},
        {active_info(), make_active_task},
        {learned_loss_info(), make_learned_loss_task},
    };
    return entries;
}

const TaskEntry& find_task(const std::string& name) {
    std::vector<std::string> names;
    for (const TaskEntry& entry : task_catalog()) {
        if (entry.info.name == name) return entry;
        names.push_back(entry.info.name);
    }
    fail<ValueError>("[task] expected the name of a task, got ", name, suggestion(name, names));
}

std::string task_option(const TaskInfo& info, const TrainingOptions& options, const std::string& name) {
    const auto described = std::find_if(info.options.begin(), info.options.end(), [&](const TaskOption& option) { return option.name == name; });
    require<ValueError>(described != info.options.end(), "[task] expected an option of ", info.name, ", got --", name);
    const auto given = options.task_options.find(name);
    std::string value = given == options.task_options.end() ? described->initial : given->second;
    const auto& choices = described->choices;
    require<ValueError>(choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end(), "[", info.name, "] expected --", name,
                        " to be a known value, got ", value, suggestion(value, choices));
    return value;
}

void check_task_options(const TaskInfo& info, const TrainingOptions& options) {
    for (const auto& given : options.task_options) {
        const std::string& name = given.first;
        const bool known = std::any_of(info.options.begin(), info.options.end(), [&](const TaskOption& option) { return option.name == name; });
        require<ValueError>(known, "[", info.name, "] expected options of this task, got --", name, "; see knoll train --help for the task it belongs to");
        task_option(info, options, name);
    }
}

}  // namespace knoll::apps

// Which tasks there are. A task is described by plain values, so that the command line and its help follow from them.
#pragma once

#include <knoll/apps/options.h>
#include <knoll/losses/loss.h>

#include <memory>
#include <string>
#include <vector>

namespace knoll::apps {

class Task;

/// An option that belongs to one task: --keep, --ratio.
struct TaskOption {
    std::string name;
    std::string initial;
    std::vector<std::string> choices;  ///< none: a number
    std::string help;
};

/// Something written behind a loss with a plus: bce+full.
struct Modifier {
    std::string name;
    std::string help;
    std::string kind = {};  ///< of modifiers of one kind, a loss has one at most
};

struct TaskInfo {
    std::string name;
    std::string summary;
    losses::TargetKind targets = losses::TargetKind::binary;  ///< of the losses that go with it
    std::vector<TaskOption> options = {};
    std::vector<Modifier> modifiers = {};
    std::vector<std::string> procedures = {};  ///< names beside the losses that stand for more than a loss
    std::vector<std::string> methods = {};     ///< what compare takes unless told; train takes the first that is no reference
};

struct TaskEntry {
    TaskInfo info;
    std::unique_ptr<Task> (*make)(const TrainingOptions& options);
};

const std::vector<TaskEntry>& task_catalog();

/// Throws ValueError that suggests the nearest name.
const TaskEntry& find_task(const std::string& name);

/// The option's value: as given, or its initial one. Throws ValueError on a name the task does not have or a value that is no choice.
std::string task_option(const TaskInfo& info, const TrainingOptions& options, const std::string& name);

/// Throws ValueError if an option was given that belongs to another task.
void check_task_options(const TaskInfo& info, const TrainingOptions& options);

}  // namespace knoll::apps

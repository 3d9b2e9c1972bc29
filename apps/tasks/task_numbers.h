// Numbers among the options of a task.
#pragma once

#include <knoll/apps/tasks/catalog.h>

namespace knoll::apps {

/// The option as a number in [low, high]. Throws ValueError that names task and option.
double task_number(const TaskInfo& info, const TrainingOptions& options, const std::string& name, double low, double high);
/// The same for a whole number.
std::int64_t task_whole_number(const TaskInfo& info, const TrainingOptions& options, const std::string& name, std::int64_t low, std::int64_t high);

}  // namespace knoll::apps

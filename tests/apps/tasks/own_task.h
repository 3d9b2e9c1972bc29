// Tasks by name, without a command around them.
#pragma once

#include <knoll/apps/tasks/catalog.h>
#include <knoll/apps/training/task.h>

#include <map>
#include <memory>
#include <string>

namespace knoll::test {

struct TaskSizes {
    std::int64_t train = 60;
    std::int64_t test = 37;
    std::map<std::string, std::string> options = {};
};

inline apps::TrainingOptions options_of_shapes(const std::string& name, const TaskSizes& sizes) {
    apps::TrainingOptions options;
    options.task = name;
    options.data = "shapes";
    options.train_size = sizes.train;
    options.test_size = sizes.test;
    options.task_options = sizes.options;
    return options;
}

/// The task on drawn shapes.
inline std::unique_ptr<apps::Task> task_on_shapes(const std::string& name, const TaskSizes& sizes = {}) {
    return apps::find_task(name).make(options_of_shapes(name, sizes));
}

inline apps::Method method_of(const apps::Task& task, const std::string& name) { return apps::parse_method(name, task.info()); }

}  // namespace knoll::test

// What train and compare do alike.
#pragma once

#include <knoll/apps/report/results.h>
#include <knoll/apps/terminal/console.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/apps/training/task.h>

#include <memory>
#include <string>
#include <vector>

namespace knoll::apps {

struct TrainingPlan {
    std::unique_ptr<Task> task;
    std::vector<Method> methods;
    std::string folder;  ///< of --out or --resume; empty: none
    std::string way_on;  ///< the command that goes on once this one was broken off; empty: nothing is kept
    std::unique_ptr<FolderLock> lock;
};

/// Checks everything that can be checked before the first step: names, options, that the outputs can be written; loads the data and
/// sets the number of threads.
TrainingPlan make_plan(const TrainingOptions& options);
/// The same, of which a line on a terminal tells meanwhile.
TrainingPlan make_plan(const TrainingOptions& options, const Console& console);

/// One line of name = value pairs.
void print_settings(const Console& console, const NamedTexts& settings);

/// The table of results, best in bold.
void print_summary(const Console& console, const Results& results);

}  // namespace knoll::apps

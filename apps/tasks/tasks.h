// The tasks, one file each.
#pragma once

#include <knoll/apps/tasks/catalog.h>

namespace knoll::apps {

TaskInfo missing_labels_info();
std::unique_ptr<Task> make_missing_labels(const TrainingOptions& options);

TaskInfo long_tailed_partial_info();
std::unique_ptr<Task> make_long_tailed_partial(const TrainingOptions& options);

TaskInfo imbalanced_info();
std::unique_ptr<Task> make_imbalanced_task(const TrainingOptions& options);

TaskInfo noisy_labels_info();
std::unique_ptr<Task> make_noisy_labels(const TrainingOptions& options);

TaskInfo label_proportions_info();
std::unique_ptr<Task> make_label_proportions(const TrainingOptions& options);

TaskInfo adapt_info();
std::unique_ptr<Task> make_adapt(const TrainingOptions& options);

TaskInfo metric_info();
std::unique_ptr<Task> make_metric_task(const TrainingOptions& options);

TaskInfo influence_info();
std::unique_ptr<Task> make_influence_task(const TrainingOptions& options);

TaskInfo active_info();
std::unique_ptr<Task> make_active_task(const TrainingOptions& options);

TaskInfo learned_loss_info();
std::unique_ptr<Task> make_learned_loss_task(const TrainingOptions& options);

}  // namespace knoll::apps

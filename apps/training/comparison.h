// From results to files: results.json, results.csv and report.html.
#pragma once

#include <knoll/apps/plots/plot.h>
#include <knoll/apps/report/report.h>
#include <knoll/apps/training/task.h>

namespace knoll::apps {

/// The report of a comparison: table, learning curves, per-class bars, the losses against the logit, example images.
Report make_report(const Task& task, const std::vector<Method>& methods, const Results& results, const TrainingOptions& options);

/// Means over the runs of each loss at every epoch of one of the logged metrics, or of the training loss (metric: -1).
LinePlot learning_curves(const Task& task, const Results& results, int metric);

/// Per-class means over the runs of each loss.
BarPlot class_bars(const Results& results, const std::vector<std::string>& class_names, const std::string& label);

}  // namespace knoll::apps

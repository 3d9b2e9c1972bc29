// The subcommands. Each returns the exit status, and throws knoll::Error for bad input.
#pragma once

#include <knoll/apps/options.h>
#include <knoll/apps/terminal/console.h>

namespace knoll::apps {

int run(const Message& options, Console& console);
int run(const LossesOptions& options, Console& console);
int run(const LossOptions& options, Console& console);
int run(const CheckOptions& options, Console& console);
int run(const PlotOptions& options, Console& console);
int run(const TrainOptions& options, Console& console);
int run(const CompareOptions& options, Console& console);
int run(const GradcheckCommandOptions& options, Console& console);
int run(const BenchOptions& options, Console& console);

}  // namespace knoll::apps

// What can be typed behind "knoll", and how it is explained. CLI11 is included in this folder, and where a program of its own reads options.
#pragma once

#include <knoll/apps/options.h>

#include <CLI/CLI.hpp>

namespace knoll::apps {

// Each adds a subcommand that writes what is typed into the options, which have to live as long as the app.

CLI::App* add_subcommand(CLI::App& app, const char* name, const char* description, const char* footer);

CLI::App* add_losses(CLI::App& app, LossesOptions& options);
CLI::App* add_help(CLI::App& app, std::string& subcommand);
CLI::App* add_completion(CLI::App& app, std::string& shell);
CLI::App* add_loss(CLI::App& app, LossOptions& options);
CLI::App* add_check(CLI::App& app, CheckOptions& options);
CLI::App* add_plot(CLI::App& app, PlotOptions& options);
CLI::App* add_gradcheck(CLI::App& app, GradcheckCommandOptions& options);
CLI::App* add_bench(CLI::App& app, BenchOptions& options);

CLI::App* add_train(CLI::App& app, TrainOptions& options);
CLI::App* add_compare(CLI::App& app, CompareOptions& options);

/// An option that is the path of a file or folder.
CLI::Option* add_path(CLI::App& command, const char* name, std::string& path, const char* help, const char* kind);

}  // namespace knoll::apps

// Completion of the command in shells.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace knoll::apps {

/// bash, zsh, fish.
const std::vector<std::string>& shell_names();

/// A script for that shell, made of the subcommands and options of an app: what can be typed behind the subcommand's name, options, and
/// the values of those options that have a list of them. All other values are names of files. Throws UsageError on another shell.
std::string completion_script(CLI::App& app, const std::string& shell);

}  // namespace knoll::apps

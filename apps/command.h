// The knoll command as a function.
#pragma once

#include <knoll/apps/terminal/console.h>

#include <string>
#include <vector>

namespace knoll::apps {

inline constexpr int exit_done = 0;
inline constexpr int exit_check_failed = 1;  ///< a check that did not hold, or a loss of a comparison that diverged
inline constexpr int exit_bad_call = 2;      ///< a wrong call or bad input

/// Runs one command. Errors become one line on console.error that says what is wrong and how to mend it. Returns the exit status.
int run_command(const std::vector<std::string>& arguments, Console& console);

}  // namespace knoll::apps

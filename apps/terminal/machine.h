// Where and with what results were made.
#pragma once

#include <string>

namespace knoll::apps {

/// "0.1.0".
std::string knoll_version();
/// Processor, number of cores and operating system, as far as the system tells.
std::string machine_name();
/// The compiler that built this program.
std::string compiler_name();
/// "2026-11-21 22:50", local time.
std::string current_time();

}  // namespace knoll::apps

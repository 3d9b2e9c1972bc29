// The place in a program from which an op was called.
#pragma once

#include <string>
#include <vector>

namespace knoll::anomaly_detail {

struct Place {
    std::vector<std::string> scopes;  ///< "encoder (model.cpp:12)", the innermost first
    std::vector<void*> frames;        ///< return addresses, the innermost first; none where the platform has no backtrace()
};

Place this_place();

/// One line for each scope and for each frame outside knoll: the function's name where the program exports it (linked with -rdynamic), and
/// file and offset for addr2line.
std::string describe(const Place& place);

}  // namespace knoll::anomaly_detail

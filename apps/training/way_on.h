// What the error of a failed write says about the run: that it is not lost.
#pragma once

#include <knoll/core/error.h>

#include <string>

namespace knoll::apps {

/// Calls write(). A FileError of it is thrown on with the command that goes on with the run; without one (nothing is kept) as it is.
template <class Write>
void write_with_way_on(const std::string& command, const Write& write) {
    try {
        write();
    } catch (const FileError& error) {
        if (command.empty()) throw;
        fail<FileError>(error.what(), "; what was saved before stays: see to the folder, then go on with ", command);
    }
}

}  // namespace knoll::apps

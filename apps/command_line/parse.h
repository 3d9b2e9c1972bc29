// The command line, as options.
#pragma once

#include <knoll/apps/options.h>
#include <knoll/core/error.h>

#include <string>
#include <vector>

namespace knoll::apps {

/// A call that makes no sense. The text says what and how to mend it.
class UsageError : public Error {
public:
    using Error::Error;
};

/// Reads the arguments behind the program's name; with --resume, options that are not among them come from the folder. Throws
/// UsageError, and FileError on a folder of another task.
Request parse(const std::vector<std::string>& arguments);

/// Splits "bce,focal:gamma=1,margin=2,hill" into three: a piece with '=' and no ':' belongs to the loss before it. Spaces around commas do not count.
std::vector<std::string> split_methods(const std::string& list);

}  // namespace knoll::apps

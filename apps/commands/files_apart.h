// That no command writes over what it reads.
#pragma once

#include <string>
#include <vector>

namespace knoll::apps {

/// A file of a command, and the option that names it; an empty path stands for none.
struct NamedFile {
    std::string option;
    std::string path;
};

/// Whether two paths lead to one file, however they are spelt: relative, through links of either kind. Neither has to exist.
bool is_same_file(const std::string& a, const std::string& b);

/// Throws ValueError, which begins with [command], if an output is also an input or another output.
void require_apart(const std::string& command, const std::vector<NamedFile>& outputs, const std::vector<NamedFile>& inputs);

}  // namespace knoll::apps

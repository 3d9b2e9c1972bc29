#include <knoll/apps/commands/files_apart.h>

#include <knoll/core/error.h>

#include <filesystem>
#include <system_error>

namespace knoll::apps {

namespace fs = std::filesystem;

bool is_same_file(const std::string& a, const std::string& b) {
    std::error_code error;
    if (fs::equivalent(a, b, error)) return true;
    // One that is yet to be made is known by its place alone.
    const fs::path place_a = fs::weakly_canonical(fs::absolute(a), error), place_b = fs::weakly_canonical(fs::absolute(b), error);
    return !error && place_a == place_b;
}

void require_apart(const std::string& command, const std::vector<NamedFile>& outputs, const std::vector<NamedFile>& inputs) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const auto& [option, path] = outputs[i];
        if (path.empty()) continue;
        for (const NamedFile& input : inputs)
            require<ValueError>(input.path.empty() || !is_same_file(path, input.path), "[", command, "] expected ", option, " to name another file than ",
                                input.option, ", which is read, got ", path, "; choose another place for ", option);
        for (std::size_t j = 0; j < i; ++j)
            require<ValueError>(outputs[j].path.empty() || !is_same_file(path, outputs[j].path), "[", command, "] expected ", outputs[j].option, " and ",
                                option, " to name different files, got ", outputs[j].path, " and ", path);
    }
}

}  // namespace knoll::apps

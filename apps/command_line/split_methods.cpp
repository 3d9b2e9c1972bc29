#include <knoll/apps/command_line/parse.h>

#include <algorithm>

namespace knoll::apps {

namespace {

std::string without_spaces_around(const std::string& text) {
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

}  // namespace

std::vector<std::string> split_methods(const std::string& list) {
    std::vector<std::string> methods;
    std::size_t begin = 0;
    while (begin <= list.size()) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        const std::string piece = without_spaces_around(list.substr(begin, end - begin));
        const bool more_parameters = !methods.empty() && piece.find('=') != std::string::npos && piece.find(':') == std::string::npos;
        if (piece.empty()) throw UsageError("expected losses separated by commas, got " + list + "; remove the empty one");
        if (more_parameters)
            methods.back() += "," + piece;
        else
            methods.push_back(piece);
        begin = end + 1;
    }
    return methods;
}

}  // namespace knoll::apps

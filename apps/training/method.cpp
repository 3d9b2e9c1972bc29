#include <knoll/apps/training/method.h>

#include <knoll/apps/terminal/suggestion.h>
#include <knoll/core/error.h>
#include <knoll/losses/registry.h>

#include <algorithm>
#include <cctype>

namespace knoll::apps {

namespace {

// Splits at a plus that begins a name: the one of 1e+3 does not.
std::vector<std::string> split_modifiers(const std::string& text) {
    std::vector<std::string> parts{""};
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && i + 1 < text.size() && std::isalpha(static_cast<unsigned char>(text[i + 1])) != 0)
            parts.emplace_back();
        else
            parts.back() += text[i];
    }
    return parts;
}

void check_modifier(const std::string& modifier, const TaskInfo& info) {
    std::vector<std::string> names;
    for (const Modifier& known : info.modifiers) names.push_back(known.name);
    require<ValueError>(std::find(names.begin(), names.end(), modifier) != names.end(), "[", info.name, "] expected a modifier behind the plus, got ", modifier,
                        suggestion(modifier, names));
}

void check_loss(const Method& method, const TaskInfo& info) {
    if (std::find(info.procedures.begin(), info.procedures.end(), method.loss) != info.procedures.end()) return;
    const std::unique_ptr<losses::Loss> loss = losses::make(method.loss);
    require<ValueError>(loss->target_kind() == info.targets, "[", info.name, "] expected a loss for targets of kind ", info.targets, ", got ",
                        method.loss_name(), ", which takes ", loss->target_kind(), "; knoll losses lists them all");
}

}  // namespace

bool Method::has(const std::string& modifier) const { return std::find(modifiers.begin(), modifiers.end(), modifier) != modifiers.end(); }

Method parse_method(const std::string& text, const TaskInfo& info) {
    std::vector<std::string> parts = split_modifiers(text);
    Method method{.text = text, .loss = parts.front(), .modifiers = {parts.begin() + 1, parts.end()}};
    check_loss(method, info);
    for (const std::string& modifier : method.modifiers) check_modifier(modifier, info);
    return method;
}

}  // namespace knoll::apps

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

const Modifier& find_modifier(const std::string& modifier, const TaskInfo& info) {
    std::vector<std::string> names;
    for (const Modifier& known : info.modifiers) {
        if (known.name == modifier) return known;
        names.push_back(known.name);
    }
    fail<ValueError>("[", info.name, "] expected a modifier behind the plus, got ", modifier, suggestion(modifier, names));
}

void check_modifiers(const Method& method, const TaskInfo& info) {
    std::vector<Modifier> seen;
    for (const std::string& name : method.modifiers) {
        const Modifier& modifier = find_modifier(name, info);
        for (const Modifier& other : seen)
            require<ValueError>(other.name != name && (other.kind.empty() || other.kind != modifier.kind), "[", info.name,
                                "] expected one modifier of a kind, got ", other.name, " and ", name, " in ", method.text);
        seen.push_back(modifier);
    }
}

void check_loss(const Method& method, const TaskInfo& info) {
    if (std::find(info.procedures.begin(), info.procedures.end(), method.loss_name()) != info.procedures.end()) {
        require<ValueError>(method.loss == method.loss_name(), "[", info.name, "] expected ", method.loss_name(), " without parameters, got ", method.loss);
        return;
    }
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
    check_modifiers(method, info);
    return method;
}

}  // namespace knoll::apps

#include <knoll/nn/state_dict.h>

#include <knoll/core/autograd.h>

#include <algorithm>
#include <unordered_map>

namespace knoll::nn {

namespace {

// Past so many names a message only counts them.
constexpr std::size_t names_shown = 8;

constexpr const char* kind_name = "kind";
constexpr std::int64_t longest_kind = 64;

std::string characters_of(const Tensor& kind) {
    if (kind.dtype() != DType::u8 || kind.numel() > longest_kind) return "something else";
    std::string characters;
    for (const std::uint8_t code : kind.data<std::uint8_t>()) characters += code > ' ' && code <= '~' ? static_cast<char>(code) : '?';
    return characters;
}

void append_names(std::string& message, const char* title, const std::vector<std::string>& names) {
    if (names.empty()) return;
    append_text(message, text("; ", title, ": "));
    for (std::size_t i = 0; i < names.size() && i < names_shown; ++i) append_text(message, text(i == 0 ? "" : ", ", names[i]));
    if (names.size() > names_shown) append_text(message, text(" and ", names.size() - names_shown, " more"));
}

std::unordered_map<std::string, Tensor> index_by_name(std::string_view what, const StateDict& state) {
    std::unordered_map<std::string, Tensor> index;
    for (const auto& [name, tensor] : state) {
        const bool is_new = index.emplace(name, tensor).second;
        require<ValueError>(is_new, "[", what, "] expected every name once, got ", name, " twice");
    }
    return index;
}

}  // namespace

void copy_state(std::string_view what, const StateDict& into, const StateDict& from) {
    auto remaining = index_by_name(what, from);
    std::vector<std::string> missing, unexpected, misshaped, mistyped;
    std::vector<Tensor> sources;
    for (const auto& [name, tensor] : into) {
        const auto found = remaining.find(name);
        if (found == remaining.end()) {
            missing.push_back(name);
            continue;
        }
        if (!(found->second.shape() == tensor.shape())) misshaped.push_back(text(name, " ", found->second.shape(), " for ", tensor.shape()));
        // Fractions, infinities and NaN are no counts.
        if (!is_floating(tensor.dtype()) && is_floating(found->second.dtype()))
            mistyped.push_back(text(name, " ", found->second.dtype(), " for ", tensor.dtype()));
        sources.push_back(found->second);
        remaining.erase(found);
    }
    for (const auto& entry : from)
        if (remaining.contains(entry.first)) unexpected.push_back(entry.first);
    if (!missing.empty() || !unexpected.empty() || !misshaped.empty() || !mistyped.empty()) {
        std::string message = text("[", what, "] expected ", into.size(), " tensors of the same names and shapes, got ", from.size());
        append_names(message, "missing", missing);
        append_names(message, "unexpected", unexpected);
        append_names(message, "of another shape", misshaped);
        append_names(message, "of another type", mistyped);
        throw ValueError(message);
    }
    const NoGrad no_grad;
    for (std::size_t i = 0; i < into.size(); ++i) {
        Tensor target = into[i].second;
        target.copy_(sources[i]);
    }
}

std::pair<std::string, Tensor> kind_entry(std::string_view kind) {
    const std::vector<std::uint8_t> characters(kind.begin(), kind.end());
    return {kind_name, from_data<std::uint8_t>({static_cast<std::int64_t>(kind.size())}, characters)};
}

void require_kind(std::string_view kind, const StateDict& state) {
    const auto found = std::find_if(state.begin(), state.end(), [](const auto& entry) { return entry.first == kind_name; });
    require<ValueError>(found != state.end(), "[", kind, "] expected the state of ", kind,
                        ", got one that does not say what it is of; was it saved by another version of knoll?");
    const std::string other = characters_of(found->second);
    require<ValueError>(other == kind, "[", kind, "] expected the state of ", kind, ", got that of ", other);
}

void append_with_prefix(StateDict& state, const std::string& prefix, const StateDict& part) {
    for (const auto& [name, tensor] : part) state.emplace_back(text(prefix, ".", name), tensor);
}

StateDict select_prefix(const StateDict& state, const std::string& prefix) {
    StateDict selected;
    const std::string start = prefix + ".";
    for (const auto& [name, tensor] : state)
        if (name.starts_with(start)) selected.emplace_back(name.substr(start.size()), tensor);
    return selected;
}

}  // namespace knoll::nn

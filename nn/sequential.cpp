#include <knoll/nn/sequential.h>

namespace knoll::nn {

void Sequential::append(AnyModule module) { append(std::to_string(modules_.size()), std::move(module)); }

void Sequential::append(const std::string& name, AnyModule module) {
    require<ValueError>(!name.empty() && name.find('.') == std::string::npos, "[Sequential] expected a name without dots, got \"", name, "\"");
    for (const auto& entry : modules_) require<ValueError>(entry.first != name, "[Sequential] expected a new name, got ", name, " again");
    modules_.emplace_back(name, std::move(module));
}

Module& Sequential::operator[](std::size_t position) {
    require<IndexError>(position < modules_.size(), "[Sequential] expected a position below ", modules_.size(), ", got ", position);
    return *modules_[position].second;
}

Tensor Sequential::forward(const Tensor& x) {
    Tensor y = x;
    for (auto& entry : modules_) y = entry.second->forward(y);
    return y;
}

void Sequential::describe(Fields& fields) {
    for (auto& [name, module] : modules_) fields.child(name, *module);
}

}  // namespace knoll::nn

// Modules one after the other.
#pragma once

#include <knoll/nn/any_module.h>

#include <utility>
#include <vector>

namespace knoll::nn {

/// Hands x through its modules in order. They are named "0", "1", ... unless appended under a name of their own. A
/// Sequential made of a single Sequential is a copy of it, as with any braces in C++; append() nests.
class Sequential final : public Module {
public:
    Sequential() = default;
    template <class... Modules>
    requires(sizeof...(Modules) > 0 && (std::derived_from<std::remove_cvref_t<Modules>, Module> && ...) &&
             !(sizeof...(Modules) == 1 && (std::same_as<std::remove_cvref_t<Modules>, Sequential> && ...))) Sequential(Modules&&... modules) {
        modules_.reserve(sizeof...(Modules));
        (append(std::forward<Modules>(modules)), ...);
    }

    /// Adds a module at the end, named by its position or as given. Throws ValueError on a name that is taken, empty or dotted.
    void append(AnyModule module);
    void append(const std::string& name, AnyModule module);

    std::size_t size() const { return modules_.size(); }
    /// Throws IndexError past the end.
    Module& operator[](std::size_t position);
    /// The module at a position as what it is: net.get<nn::Linear>(7). Throws ValueError if it is something else.
    template <std::derived_from<Module> M>
    M& get(std::size_t position) {
        M* module = dynamic_cast<M*>(&(*this)[position]);
        require<ValueError>(module != nullptr, "[Sequential] expected a module of the type asked for at position ", position, ", got another");
        return *module;
    }

    Tensor forward(const Tensor& x) override;

private:
    void describe(Fields& fields) override;

    std::vector<std::pair<std::string, AnyModule>> modules_;
};

}  // namespace knoll::nn

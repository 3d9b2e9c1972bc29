// A module of any type, held by value: a copy of the holder is a copy of the module.
#pragma once

#include <knoll/nn/module.h>

#include <memory>

namespace knoll::nn {

class AnyModule {
public:
    template <std::derived_from<Module> M>
    AnyModule(M module) : module_(std::make_unique<M>(std::move(module))), copy_(copy_as<M>) {}
    AnyModule(const AnyModule& other) : module_(other.copy_(*other.module_)), copy_(other.copy_) {}
    AnyModule(AnyModule&&) noexcept = default;
    AnyModule& operator=(AnyModule other) noexcept {
        std::swap(module_, other.module_);
        copy_ = other.copy_;
        return *this;
    }
    ~AnyModule() = default;

    Module& operator*() const { return *module_; }
    Module* operator->() const { return module_.get(); }

private:
    template <class M>
    static std::unique_ptr<Module> copy_as(const Module& module) {
        return std::make_unique<M>(static_cast<const M&>(module));
    }

    std::unique_ptr<Module> module_;
    std::unique_ptr<Module> (*copy_)(const Module&);
};

}  // namespace knoll::nn

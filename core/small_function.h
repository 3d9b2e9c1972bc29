// A callable of any type, as std::function, but move-only and kept in the small-object cache: a training step makes many.
#pragma once

#include <knoll/core/memory.h>

#include <new>
#include <utility>

namespace knoll {

template <class Signature>
class SmallFunction;

template <class Result, class... Arguments>
class SmallFunction<Result(Arguments...)> {
public:
    SmallFunction() = default;
    template <class F>
    explicit SmallFunction(F f) {
        static_assert(alignof(F) <= 16);
        target_ = new (allocate_small(sizeof(F))) F(std::move(f));
        call_ = [](void* target, Arguments... arguments) -> Result { return (*static_cast<F*>(target))(std::forward<Arguments>(arguments)...); };
        destroy_ = [](void* target) {
            static_cast<F*>(target)->~F();
            release_small(target, sizeof(F));
        };
    }
    SmallFunction(SmallFunction&& other) noexcept { take(other); }
    SmallFunction& operator=(SmallFunction&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    ~SmallFunction() { reset(); }

    Result operator()(Arguments... arguments) { return call_(target_, std::forward<Arguments>(arguments)...); }
    explicit operator bool() const { return destroy_ != nullptr; }
    void reset() noexcept {
        if (destroy_ != nullptr) destroy_(target_);
        destroy_ = nullptr;
    }

private:
    void take(SmallFunction& other) noexcept {
        call_ = other.call_;
        destroy_ = other.destroy_;
        target_ = other.target_;
        other.destroy_ = nullptr;
    }

    Result (*call_)(void*, Arguments...) = nullptr;
    void (*destroy_)(void*) = nullptr;
    void* target_ = nullptr;
};

}  // namespace knoll

// Working memory of a kernel, from the same cache as tensors.
#pragma once

#include <knoll/core/storage.h>

namespace knoll::kernels {

/// An uninitialised array that lives as long as this object.
template <class T>
class Scratch {
public:
    explicit Scratch(std::int64_t count) : storage_(static_cast<std::size_t>(count) * sizeof(T)) {}
    T* data() const { return static_cast<T*>(storage_.data); }

private:
    Storage storage_;
};

}  // namespace knoll::kernels

#include <knoll/core/files/named_tensors.h>

namespace knoll {

const Tensor& find_tensor(const NamedTensors& tensors, const std::string& name) {
    std::string names;
    for (const auto& [other, tensor] : tensors) {
        if (other == name) return tensor;
        names += (names.empty() ? "" : ", ") + other;
    }
    fail<IndexError>("[find_tensor] expected one of ", names, ", got ", name);
}

}  // namespace knoll

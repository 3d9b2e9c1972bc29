#include <knoll/nn/counts.h>

namespace knoll::nn {

void require_counts(std::string_view what, const StateDict& state, std::string_view name) {
    constexpr std::int64_t most = std::int64_t{1} << 53;
    for (const auto& [other, tensor] : state) {
        if (other != name || tensor.dtype() != DType::i64) continue;
        for (const std::int64_t count : tensor.data<std::int64_t>())
            require<ValueError>(count >= 0 && count <= most, "[", what, "] expected ", name, " of 0 to ", most, ", got ", count);
    }
}

}  // namespace knoll::nn

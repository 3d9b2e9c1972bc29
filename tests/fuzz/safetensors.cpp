#include "fuzz/input.h"

#include <knoll/core/files/safetensors.h>

using namespace knoll;

namespace {

// Nothing of the file may be left over, and nothing be read twice.
void require_whole(const TensorFile& file, std::size_t size) {
    std::size_t elements = 0;
    for (const auto& [name, tensor] : file.tensors) {
        fuzz::touch(tensor);
        elements += static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype());
    }
    if (elements > size) fuzz::report("more elements than the file has bytes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::attempt_file("some/path", [&] { require_whole(decode_safetensors(fuzz::bytes_of(data, size), "some/path"), size); });
    return 0;
}

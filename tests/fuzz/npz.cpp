#include "fuzz/input.h"

#include <knoll/core/files/npz.h>

using namespace knoll;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::attempt_file("some/path", [&] {
        for (const auto& [name, tensor] : decode_npz(fuzz::bytes_of(data, size), "some/path")) fuzz::touch(tensor);
    });
    return 0;
}

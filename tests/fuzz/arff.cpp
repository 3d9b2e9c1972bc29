#include "fuzz/input.h"

#include <knoll/data/readers/arff.h>

using namespace knoll;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::MemoryFile file(data, size);
    fuzz::attempt_file(file.path(), [&] { fuzz::touch_set(data::load_arff(file.path(), {.labels = 1})); });
    return 0;
}

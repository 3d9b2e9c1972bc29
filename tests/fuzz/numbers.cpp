// ARFF without a header; with one is the target arff.
#include "fuzz/input.h"

#include <knoll/data/readers/arff.h>

#include <algorithm>

using namespace knoll;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr int not_interesting = -1;
    if (std::find(data, data + size, '@') != data + size) return not_interesting;
    const fuzz::MemoryFile file(data, size);
    fuzz::attempt_file(file.path(), [&] { fuzz::touch_set(data::load_arff(file.path(), {.labels = 1})); });
    return 0;
}

#include "fuzz/input.h"

#include <knoll/data/readers/arff.h>

using namespace knoll;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::MemoryFile file(data, size);
    fuzz::attempt_file(file.path(), [&] {
        const data::MultiLabelImages set = data::load_arff(file.path(), {.labels = 1});
        fuzz::touch(set.images());
        fuzz::touch(set.labels());
    });
    return 0;
}

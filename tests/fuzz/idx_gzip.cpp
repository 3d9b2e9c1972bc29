// Every input begins with the two bytes that tell a gzip stream, whatever stands in their place: others are for the target idx.
#include "fuzz/input.h"

#include <knoll/data/readers/idx.h>

using namespace knoll;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string stream = "\x1f\x8b";
    if (size > 2) stream.append(reinterpret_cast<const char*>(data) + 2, size - 2);
    const fuzz::MemoryFile file(stream);
    fuzz::attempt_file(file.path(), [&] { fuzz::touch(data::read_idx(file.path())); });
    return 0;
}

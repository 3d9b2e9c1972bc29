#include "fuzz/input.h"

#include <knoll/data/readers/idx.h>

using namespace knoll;

namespace {

// Two images, and two labels, of one pixel.
constexpr std::string_view two_images("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x01\x05\x06", 18);
constexpr std::string_view two_labels("\0\0\x08\x01\0\0\0\x02\0\x03", 10);

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::MemoryFile images(two_images), labels(two_labels);
    const fuzz::MemoryFile file(data, size);
    fuzz::attempt_file(file.path(), [&] { fuzz::touch(data::read_idx(file.path())); });
    fuzz::attempt_file(file.path(), [&] { data::load_idx(images.path(), file.path()); });
    fuzz::attempt_file(file.path(), [&] { data::load_idx(file.path(), labels.path(), {"a", "b", "c", "d"}); });
    return 0;
}

#include "fuzz/input.h"

#include <knoll/core/files/npy.h>
#include <knoll/core/files/raw_bytes.h>
#include <knoll/data/readers/npy.h>

#include <algorithm>
#include <vector>

using namespace knoll;

namespace {

// One image of one pixel, and its labels.
std::string npy(const Tensor& tensor) {
    const auto elements = raw_bytes(tensor);
    return npy_header(tensor) + std::string(reinterpret_cast<const char*>(elements.data()), elements.size());
}

void require_same_when_written(const Tensor& tensor) {
    const std::string written = npy(tensor);
    const Tensor back = decode_npy(std::as_bytes(std::span(written)), "file");
    const bool same = back.dtype() == tensor.dtype() && back.shape() == tensor.shape() && std::ranges::equal(raw_bytes(back), raw_bytes(tensor));
    if (!same) fuzz::report("an array that reads back as another");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::MemoryFile image(npy(full({1, 1, 1}, 7, DType::u8))), label(npy(zeros({1}, DType::u8))), labels(npy(zeros({1, 2}, DType::u8)));
    bool read = false;
    fuzz::attempt_file("some/path", [&] {
        const Tensor tensor = decode_npy(fuzz::bytes_of(data, size), "some/path");
        fuzz::touch(tensor);
        require_same_when_written(tensor);
        read = true;
    });
    if (!read) return 0;  // data sets would refuse it in the same way
    const fuzz::MemoryFile file(data, size);
    fuzz::attempt([&] { data::load_npy_labeled(image.path(), file.path()); });
    fuzz::attempt([&] { data::load_npy_labeled(file.path(), label.path()); });
    fuzz::attempt([&] { data::load_npy_multi_label(image.path(), file.path()); });
    return 0;
}

#include "fuzz/input.h"

#include <knoll/data/readers/cifar.h>

using namespace knoll;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::MemoryFile file(data, size);
    fuzz::attempt_file(file.path(), [&] { fuzz::touch_set(data::load_cifar10({file.path()})); });
    fuzz::attempt_file(file.path(), [&] { fuzz::touch_set(data::load_cifar100({file.path()})); });
    fuzz::attempt_file(file.path(), [&] { fuzz::touch_set(data::load_cifar100({file.path()}, data::Cifar100Labels::coarse)); });
    return 0;
}

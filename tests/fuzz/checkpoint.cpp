#include "fuzz/input.h"
#include "fuzz/run.h"

#include <knoll/apps/training/checkpoint.h>
#include <knoll/core/files/safetensors.h>
#include <knoll/core/parallel.h>
#include <knoll/nn/training/checksum.h>

#include <optional>

using namespace knoll;

namespace {

void resume(const std::string& path) {
    fuzz::attempt_file(path, [&] {
        fuzz::Run run;
        nn::load_checkpoint(path, run.state());
        run.step();
    });
    fuzz::attempt_file(path, [&] {
        fuzz::Run run;
        apps::RunState progress;
        apps::load_run(path, {run.net, {&run.optimizer}, nullptr, &run.average, progress});
        run.step();
    });
}

std::optional<TensorFile> decoded(const std::uint8_t* data, std::size_t size) {
    try {
        return decode_safetensors(fuzz::bytes_of(data, size), "input");
    } catch (const Error&) {
        return std::nullopt;
    }
}

// In memory, but in a folder: a file that is saved gets its name when it is whole, which a MemoryFile cannot.
std::string signed_path() { return text("/dev/shm/knoll-fuzz-", getpid(), ".safetensors"); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    set_num_threads(1);
    resume(fuzz::MemoryFile(data, size).path());
    // A checksum stops nearly every change at once; so the contents come once more, with the checksum that belongs to them.
    if (std::optional<TensorFile> file = decoded(data, size)) {
        file->metadata[nn::checksum_key] = nn::checkpoint_checksum(file->tensors, file->metadata);
        save_safetensors(signed_path(), file->tensors, file->metadata);
        resume(signed_path());
        unlink(signed_path().c_str());
    }
    return 0;
}

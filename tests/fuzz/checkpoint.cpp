#include "fuzz/input.h"
#include "fuzz/run.h"

#include <knoll/apps/training/checkpoint.h>
#include <knoll/core/parallel.h>

using namespace knoll;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    set_num_threads(1);
    const fuzz::MemoryFile file(data, size);
    fuzz::attempt_file(file.path(), [&] {
        fuzz::Run run;
        nn::load_checkpoint(file.path(), run.state());
        run.step();
    });
    fuzz::attempt_file(file.path(), [&] {
        fuzz::Run run;
        apps::RunState progress;
        apps::load_run(file.path(), {run.net, {&run.optimizer}, &run.average, progress});
        run.step();
    });
    return 0;
}

#include "fuzz/input.h"

#include <knoll/apps/report/results_files.h>

using namespace knoll;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string json(reinterpret_cast<const char*>(data), size);
    // Written once more, what was read must be summed up, and read to the same.
    fuzz::attempt_file("some/path", [&] {
        const std::string once = apps::results_json(apps::parse_results_json(json, "some/path"));
        if (apps::results_json(apps::parse_results_json(once, "some/path")) != once) fuzz::report("results that read back as others");
    });
    fuzz::attempt_file("some/path", [&] {
        const std::string once = apps::run_json(apps::parse_run_json(json, "some/path"));
        if (apps::run_json(apps::parse_run_json(once, "some/path")) != once) fuzz::report("a run that reads back as another");
    });
    return 0;
}

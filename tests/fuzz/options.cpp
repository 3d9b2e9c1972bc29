// What is typed: specifications of losses, lists of them, and values of options.
#include "fuzz/input.h"

#include <knoll/apps/command_line/parse.h>
#include <knoll/apps/command_line/validators.h>
#include <knoll/apps/training/method.h>
#include <knoll/losses/registry.h>

using namespace knoll;

namespace {

const apps::TaskInfo task{.name = "task", .targets = losses::TargetKind::binary, .modifiers = {{.name = "full"}, {.name = "weighted"}}};

// A validator answers with what is wrong, and nothing if nothing is.
void require_taught(const CLI::Validator& validator, std::string value) {
    const std::string answer = validator(value);
    const bool teaches = answer.find("expected") != std::string::npos && answer.find("got") != std::string::npos;
    if (!answer.empty() && !teaches) fuzz::report(text("an answer that does not say what was expected and what there was: ", answer));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string typed(reinterpret_cast<const char*>(data), size);
    fuzz::attempt([&] { losses::make(typed); });
    fuzz::attempt([&] {
        for (const std::string& method : apps::split_methods(typed)) fuzz::attempt([&] { apps::parse_method(method, task); });
    });
    for (const CLI::Validator& validator : {apps::whole_number(0), apps::whole_number(1, 64), apps::not_negative(), apps::positive(), apps::below_one(),
                                            apps::logit(), apps::one_of({"constant", "cosine", "step"}), apps::given_path()})
        require_taught(validator, typed);
    return 0;
}

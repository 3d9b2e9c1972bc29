#include <knoll/apps/command_line/completion.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <sstream>

using namespace knoll;
using knoll::test::call;
using knoll::test::contains;

namespace {

// What bash, with the script that the command prints, offers for the last of these words.
std::vector<std::string> completed(const std::vector<std::string>& words) {
    const test::TemporaryFolder folder;
    std::ofstream{folder / "knoll.bash"} << call({"completion", "bash"}).out;
    std::ofstream{folder / "ask.bash"} << "set -u\n. '" << (folder / "knoll.bash") << "'\nCOMP_WORDS=(\"$@\")\nCOMP_CWORD=$(($# - 1))\n_knoll\n"
                                       << "printf '%s\\n' \"${COMPREPLY[@]-}\"\n";
    std::string line = "bash '" + (folder / "ask.bash") + "' knoll";
    for (const std::string& word : words) line += " '" + word + "'";
    FILE* pipe = popen((line + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string out;
    std::array<char, 4096> buffer{};
    while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), count);
    CHECK(pclose(pipe) == 0);
    std::istringstream lines{out};
    std::vector<std::string> offered;
    for (std::string offer; std::getline(lines, offer);)
        if (!offer.empty()) offered.push_back(offer);
    return offered;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("bash completes subcommands, tasks, losses, options and their values") {
    CHECK(completed({"tr"}) == Words{"train"});
    CHECK(completed({"lo"}) == Words{"losses", "loss"});
    CHECK(completed({"train", "mis"}) == Words{"missing-labels"});
    CHECK(completed({"compare", "imb"}) == Words{"imbalanced"});
    CHECK(completed({"train", "imbalanced", "--sched"}) == Words{"--schedule"});
    CHECK(completed({"train", "imbalanced", "--seeds"}).empty());
    CHECK(completed({"compare", "imbalanced", "--seeds"}) == Words{"--seeds"});
    CHECK(completed({"train", "imbalanced", "--model", ""}) == Words{"small_cnn", "mlp", "lenet5", "resnet20"});
    CHECK(completed({"train", "imbalanced", "--profile", "s"}) == Words{"step"});
    CHECK(completed({"train", "missing-labels", "--loss", "hi"}) == Words{"hill", "hinge"});
    CHECK(completed({"train", "missing-labels", "--out", "x"}).empty());  // bash then completes names of files
    CHECK(completed({"losses", "hil"}) == Words{"hill"});
    CHECK(completed({"loss", "hill", "--reduction", "s"}) == Words{"sum"});
    CHECK(completed({"help", "gradc"}) == Words{"gradcheck"});
    CHECK(completed({"completion", ""}) == Words{"bash", "zsh", "fish"});
    CHECK(completed({"--v"}) == Words{"--version"});
}

TEST_CASE("scripts for zsh and fish name the subcommands, too, and other shells are refused") {
    CHECK(call({"completion", "zsh"}).out.rfind("#compdef knoll\n", 0) == 0);
    const std::string fish = call({"completion", "fish"}).out;
    CHECK(contains(fish, "complete -c knoll -f -n __fish_use_subcommand -a train -d 'Train one model with one loss; log, checkpoints, resume to the bit'\n"));
    CHECK(contains(fish, "complete -c knoll -n '__fish_seen_subcommand_from train' -l model -x -a 'small_cnn mlp lenet5 resnet20'\n"));
    const test::Output other = call({"completion", "bsh"});
    CHECK(other.status == 2);
    CHECK(contains(other.error, "did you mean bash?"));
}

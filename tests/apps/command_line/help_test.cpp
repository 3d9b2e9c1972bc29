#include <knoll/apps/tasks/catalog.h>
#include <knoll/losses/registry.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace knoll;
using knoll::test::call;
using knoll::test::contains;

TEST_CASE("knoll alone shows the page of help, as --help does") {
    const test::Output output = call({});
    CHECK(output.status == 0);
    CHECK(output.error.empty());
    CHECK(output.out == call({"--help"}).out);
    CHECK(call({"help"}).out == output.out);
}

TEST_CASE("knoll help SUBCOMMAND is the page of its --help") {
    for (const char* command : {"losses", "loss", "check", "plot", "train", "compare", "gradcheck", "bench", "completion"}) {
        const test::Output output = call({"help", command});
        CHECK(output.status == 0);
        CHECK(output.out == call({command, "--help"}).out);
        CHECK(contains(output.out, std::string("Usage: knoll ") + command));
    }
    const test::Output unknown = call({"help", "trian"});
    CHECK(unknown.status == 2);
    CHECK(unknown.error == "knoll: unknown subcommand trian; did you mean train?; see knoll --help\n");
}

TEST_CASE("knoll losses NAME explains one loss: targets, meaning, parameters with ranges, source, and how it is written") {
    CHECK(call({"losses", "hill"}).out ==
          "MULTI-LABEL: logits [N, C], targets [N, C] in {0, 1}\n\n"
          "hill  focal margin loss for positives; squared error that forgives likely missing labels for negatives\n"
          "    lambda = 1.5              weight of a negative is lambda - p; a number of at least 0\n"
          "    margin = 1                taken off the logits of positives; a finite number\n"
          "    gamma = 2                 focal power of positives; a number of at least 0\n"
          "    Zhang et al. 2021, Simple and robust loss design for multi-label learning with missing labels, arXiv 2112.07368\n\n"
          "Written as hill, or with parameters hill:lambda=1.5.\n");
    CHECK(contains(call({"losses", "bce"}).out, "Written as bce.\n"));
    const std::string all = call({"losses"}).out;
    for (const losses::LossInfo& loss : losses::registry()) {
        const test::Output output = call({"losses", loss.name});
        CHECK(output.status == 0);
        const std::size_t begin = output.out.find(loss.name + "  " + loss.meaning);
        REQUIRE(begin != std::string::npos);
        CHECK(contains(all, output.out.substr(begin, output.out.find("Written as ") - begin)));
    }
    const test::Output unknown = call({"losses", "hil"});
    CHECK(unknown.status == 2);
    CHECK(unknown.error == "knoll: [losses] expected the name of a loss, got hil; did you mean hill?\n");
}

// A folder without data: whoever loads before checking complains of that.
TEST_CASE("every task refuses a wrong option before it loads its data") {
    const test::TemporaryFolder empty;
    for (const apps::TaskEntry& entry : apps::task_catalog()) {
        std::vector<std::pair<std::string, std::string>> wrong;
        for (const apps::TaskOption& option : entry.info.options) wrong.emplace_back("--" + option.name, "oops");
        const bool has_model = entry.info.name == "influence" || entry.info.name == "learned-loss";
        if (has_model) wrong.emplace_back("--model", "mlp");
        if (entry.info.name == "active") wrong.insert(wrong.end(), {{"--ema", "0.5"}, {"--initial", "700"}});
        for (const auto& [option, value] : wrong) {
            const test::Output output = call({"train", entry.info.name, "--data-dir", empty.path(), option, value});
            CAPTURE(entry.info.name, option, output.error);
            CHECK(output.status == 2);
            CHECK(contains(output.error, option));
            CHECK_FALSE(contains(output.error, "train-images-idx3-ubyte"));
        }
    }
}

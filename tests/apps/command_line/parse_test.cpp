#include <knoll/apps/command_line/parse.h>

#include <knoll/core/rng.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace knoll;
using namespace knoll::apps;
using knoll::test::call;
using knoll::test::contains;

namespace {

void check_refused(const std::vector<std::string>& arguments, const std::string& what) {
    const test::Output output = call(arguments);
    INFO(output.error);
    CHECK(output.status == 2);
    CHECK(contains(output.error, what));
    CHECK(std::count(output.error.begin(), output.error.end(), '\n') == 1);
}

}  // namespace

TEST_CASE("the options of compare reach their fields") {
    const Request request = parse({"compare", "missing-labels", "--losses", "bce+full,focal:gamma=1,hill", "--seeds", "3", "--lr", "2e-3", "--keep", "40",
                                   "--data", "shapes", "--train-size", "100", "--quiet"});
    const auto& options = std::get<CompareOptions>(request);
    CHECK(options.task == "missing-labels");
    CHECK(options.methods == std::vector<std::string>{"bce+full", "focal:gamma=1", "hill"});
    CHECK(options.seeds == 3);
    CHECK(options.learning_rate.value() == 2e-3);
    CHECK(options.task_options.at("keep") == "40");
    CHECK(options.data == "shapes");
    CHECK(options.train_size.value() == 100);
    CHECK_FALSE(options.test_size.has_value());
    CHECK(options.quiet);
    CHECK(options.command ==
          "knoll compare missing-labels --losses bce+full,focal:gamma=1,hill --seeds 3 --lr 2e-3 --keep 40 --data shapes --train-size 100 --quiet");
}

TEST_CASE("behind a subcommand the name of another is an argument") {
    CHECK(std::get<BenchOptions>(parse({"bench", "loss", "mlp"})).names == std::vector<std::string>{"loss", "mlp"});
    CHECK(std::get<GradcheckCommandOptions>(parse({"gradcheck", "losses", "check"})).names == std::vector<std::string>{"losses", "check"});
    check_refused({"losses", "hill", "loss"}, "unexpected loss; see knoll losses --help");
}

TEST_CASE("commas separate losses and the parameters of one") {
    CHECK(split_methods("bce") == std::vector<std::string>{"bce"});
    CHECK(split_methods("asl:gamma_neg=2,clip=0,hill,focal:gamma=1") == std::vector<std::string>{"asl:gamma_neg=2,clip=0", "hill", "focal:gamma=1"});
    CHECK(split_methods(" bce, focal:gamma=1 , hill") == std::vector<std::string>{"bce", "focal:gamma=1", "hill"});
    CHECK_THROWS_AS(split_methods("bce,,hill"), UsageError);
    CHECK_THROWS_AS(split_methods("bce, ,hill"), UsageError);
    CHECK_THROWS_AS(split_methods(""), UsageError);
}

TEST_CASE("mistyped names of optimiser, schedule and model are refused before anything is printed or made") {
    const test::TemporaryFolder folder;
    const auto refused = [&](const char* option, const char* name, const char* nearest) {
        const test::Output output = call({"train", "missing-labels", "--data", "shapes", "--out", folder / "new", option, name});
        CHECK(output.status == 2);
        CHECK(contains(output.error, std::string(option) + ": expected a known name, got " + name + "; did you mean " + nearest + "?"));
        CHECK(output.out.empty());
        CHECK(std::filesystem::is_empty(folder.path()));
    };
    refused("--optimizer", "adm", "adam");
    refused("--schedule", "cosin", "cosine");
    refused("--model", "lenet", "lenet5");
}

TEST_CASE("every subcommand explains itself with status 0") {
    for (const char* command : {"losses", "loss", "check", "plot", "train", "compare", "gradcheck", "bench"}) {
        const test::Output output = call({command, "--help"});
        CHECK(output.status == 0);
        CHECK(contains(output.out, std::string("knoll ") + command));
        CHECK(output.error.empty());
    }
    CHECK(contains(call({"--help"}).out, "compare"));
    CHECK(contains(call({"--version"}).out, "knoll 0."));
}

TEST_CASE("a wrong call is one line that says how to mend it, with status 2") {
    check_refused({"trian", "missing-labels"}, "did you mean train?");
    check_refused({"train"}, "TASK is required");
    check_refused({"train", "missing-label"}, "did you mean missing-labels?");
    check_refused({"train", "missing-labels", "--epoch", "3"}, "did you mean --epochs?");
    check_refused({"train", "missing-labels", "--epochs", "0"}, "expected a whole number from 1 to 1000000000, got 0");
    check_refused({"train", "missing-labels", "--epochs", "many"}, "many");
    check_refused({"train", "missing-labels", "--lr", "nan"}, "expected a number above 0, got nan");
    check_refused({"train", "missing-labels", "--ema", "1"}, "expected a number in [0, 1), got 1");
    check_refused({"train", "missing-labels", "--loss", "hil"}, "hill");
    check_refused({"train", "missing-labels", "--loss", "hill:gama=2"}, "gamma");
    check_refused({"train", "missing-labels", "--loss", "hill+ful"}, "did you mean full?");
    check_refused({"train", "missing-labels", "--loss", "cross_entropy"}, "binary");
    check_refused({"train", "missing-labels", "--ratio", "0.1"}, "--ratio");
    check_refused({"train", "missing-labels", "--keep", "41"}, "did you mean 40?");
    check_refused({"compare", "missing-labels", "--losses", "bce,bce"}, "twice");
    check_refused({"train", "missing-labels", "--data", "fashon"}, "did you mean fashion?");
    check_refused({"train", "missing-labels", "--data", "shapes", "--model", "lenet"}, "did you mean lenet5?");
    check_refused({"train", "imbalanced", "--ratio", "2"}, "expected --ratio to be a number in [1e-06, 1]");
    check_refused({"compare", "imbalanced", "--losses", "cce+inverse+effective"}, "one modifier of a kind, got inverse and effective");
    check_refused({"compare", "imbalanced", "--losses", "cot:gamma=2"}, "expected cot without parameters");
    check_refused({"train", "missing-labels", "--loss", "bce+full+full"}, "full and full");
    check_refused({"train", "missing-labels", "--lr", "1", "--lr", "2"}, "--lr: expected exactly one value");
    check_refused({"train", "missing-labels", "--lr"}, "--lr: expected exactly one value");
    check_refused({"train", "missing-labels", "--out", ""}, "--out: expected a path, got nothing");
    check_refused({"plot", "hill", "--out", "a.svg", "--to", "inf"}, "expected a number from -1e6 to 1e6, got inf");
    check_refused({"plot", "hill"}, "--out is required");
    check_refused({"plot", "cross_entropy", "cot", "--out", "a.svg"}, "[plot] expected losses, got cot, a procedure");
    check_refused({"compare", "imbalanced", "--losses", "cce,cce"}, "[compare] expected each loss once, got cce twice");
    check_refused({"loss", "hill", "--logits", "a.npy", "--targets", "b.npy", "--hvp", "h.npy"}, "--tangent");
    check_refused({"loss", "hill", "--logits", "a.npy", "--targets", "b.npy", "--tangent", "h.npy"}, "--hvp");
    check_refused({"loss", "hill", "--logits", "a.npy", "--targets", "b.npy", "--reduction", "sums"}, "did you mean sum?");
}

TEST_CASE("any words in any order are options, a page of help, or one line that says what is wrong") {
    const std::vector<std::string> words{"losses",
                                         "loss",
                                         "check",
                                         "plot",
                                         "train",
                                         "compare",
                                         "gradcheck",
                                         "bench",
                                         "missing-labels",
                                         "imbalanced",
                                         "hill",
                                         "asl",
                                         "detach=1",
                                         "gamma",
                                         "bce+full",
                                         "--lr",
                                         "--lr=",
                                         "--epochs",
                                         "--epochs=3",
                                         "--losses",
                                         "--loss",
                                         "--data",
                                         "shapes",
                                         "--ratio",
                                         "--resume",
                                         "--threads",
                                         "--out",
                                         "--seed",
                                         "--model",
                                         "--help",
                                         "-h",
                                         "--version",
                                         "--logits",
                                         "--targets",
                                         "--grad",
                                         "--from",
                                         "--to",
                                         "-3",
                                         "3",
                                         "1e999",
                                         "nan",
                                         "-nan",
                                         "1e-400",
                                         "0x10",
                                         "",
                                         " ",
                                         "-",
                                         "--",
                                         "---",
                                         "=",
                                         ",",
                                         "99999999999999999999",
                                         "constant",
                                         "/dev/null/x"};
    Rng rng{1};
    const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(rng.uniform() * static_cast<double>(bound)); };
    std::size_t accepted = 0;
    for (int line = 0; line < 3000; ++line) {
        std::vector<std::string> arguments{words[below(8)]};
        for (std::size_t length = below(6); length > 0; --length) {
            arguments.push_back(words[below(words.size())]);
            // A byte of any kind in every other word: neither quotes nor what is no UTF-8 may confuse it.
            if (below(2) == 0) arguments.back().insert(below(arguments.back().size() + 1), 1, static_cast<char>(1 + below(255)));
        }
        std::string shown;
        for (const std::string& argument : arguments) shown += "[" + argument + "]";
        INFO(shown);
        try {
            static_cast<void>(parse(arguments));
            ++accepted;
        } catch (const Error& error) {
            const std::string reason = error.what();
            REQUIRE(reason.size() > 10);
            REQUIRE((contains(shown, "\n") || !contains(reason, "\n")));
        }
    }
    CHECK(accepted > 100);
}

TEST_CASE("what cannot be understood is answered with the page that explains it, and the option that was meant") {
    check_refused({"train", "metric", "--xyzzy"}, "unexpected --xyzzy; see knoll train --help");
    check_refused({"train", "metric", "--epoch=3"}, "unexpected --epoch=3; did you mean --epochs?; see knoll train --help");
    check_refused({"losses", "hill", "epochs"}, "unexpected epochs; see knoll losses --help");
    check_refused({"--xyzzy"}, "unexpected --xyzzy; see knoll --help");
    check_refused({"trian"}, "unknown subcommand trian; did you mean train?; see knoll --help");
}

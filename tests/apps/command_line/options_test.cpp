// Every option of every subcommand: what it is unless given, where it goes when it is, and what it may be.
#include <knoll/apps/command_line/parse.h>
#include <knoll/apps/tasks/catalog.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

using namespace knoll;
using namespace knoll::apps;
using knoll::test::call;

namespace {

using Words = std::vector<std::string>;

template <class Options>
Options options_of(const Words& words) {
    return std::get<Options>(parse(words));
}

Words with(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

// The help of a subcommand with every run of blanks as one.
std::string help(const Words& words) {
    std::string collapsed;
    for (const char c : call(with(words, {"--help"})).out)
        if (c != ' ' || (!collapsed.empty() && collapsed.back() != ' ')) collapsed += c;
    return collapsed;
}

void check_help(const Words& words, const Words& lines) {
    const std::string text = help(words);
    for (const std::string& line : lines) {
        INFO(line);
        CHECK(test::contains(text, line));
    }
}

void check_accepts(const Words& words, const std::string& option, const Words& values) {
    for (const std::string& value : values) {
        INFO(option << ' ' << value);
        CHECK_NOTHROW(parse(with(words, {option, value})));
    }
}

void check_refuses(const Words& words, const std::string& option, const Words& values, const std::string& expected) {
    for (const std::string& value : values)
        CHECK_THROWS_WITH(parse(with(words, {option, value})), Catch::Contains(option + ": expected " + expected + ", got " + value));
}

}  // namespace

TEST_CASE("what train and compare are unless told otherwise") {
    const auto check = [](const TrainingOptions& options, const std::string& subcommand) {
        CHECK(options.task == "metric");
        CHECK(options.methods.empty());
        CHECK(options.data == "fashion");
        CHECK(options.data_dir.empty());
        CHECK_FALSE((options.train_size || options.test_size || options.model || options.epochs || options.batch || options.learning_rate ||
                     options.optimizer || options.schedule || options.weight_decay || options.ema));
        CHECK(options.task_options.empty());
        CHECK(options.seed == 1);
        CHECK(options.seeds == 1);
        CHECK(options.threads == 0);
        CHECK_FALSE(options.validate);
        CHECK(options.checkpoint_every == 200);
        CHECK((options.out.empty() && options.resume.empty() && options.json.empty()));
        CHECK_FALSE(options.quiet);
        CHECK(options.command == "knoll " + subcommand + " metric");
        CHECK(options.arguments == Words{subcommand, "metric"});
    };
    check(options_of<TrainOptions>({"train", "metric"}), "train");
    check(options_of<CompareOptions>({"compare", "metric"}), "compare");
}

TEST_CASE("every option of train reaches its field, and those that results depend on are noted") {
    const Words words{"train",
                      "active",
                      "--loss",
                      "random",
                      "--data",
                      "shapes",
                      "--data-dir",
                      "d",
                      "--train-size",
                      "11",
                      "--test-size",
                      "12",
                      "--validate",
                      "--model",
                      "mlp",
                      "--epochs",
                      "3",
                      "--batch",
                      "4",
                      "--lr",
                      "0.5",
                      "--optimizer",
                      "adamw",
                      "--schedule",
                      "step",
                      "--weight-decay",
                      "0.25",
                      "--ema",
                      "0.75",
                      "--seed",
                      "6",
                      "--threads",
                      "7",
                      "--out",
                      "o",
                      "--checkpoint-every",
                      "8",
                      "--json",
                      "j",
                      "--quiet",
                      "--budget",
                      "9",
                      "--candidates",
                      "10"};
    const auto options = options_of<TrainOptions>(words);
    CHECK(options.task == "active");
    CHECK(options.methods == Words{"random"});
    CHECK(options.data == "shapes");
    CHECK(options.data_dir == "d");
    CHECK(options.train_size == 11);
    CHECK(options.test_size == 12);
    CHECK(options.validate);
    CHECK(options.model == "mlp");
    CHECK(options.epochs == 3);
    CHECK(options.batch == 4);
    CHECK(options.learning_rate == 0.5);
    CHECK(options.optimizer == "adamw");
    CHECK(options.schedule == "step");
    CHECK(options.weight_decay == 0.25);
    CHECK(options.ema == 0.75);
    CHECK(options.seed == 6);
    CHECK(options.threads == 7);
    CHECK(options.out == "o");
    CHECK(options.checkpoint_every == 8);
    CHECK(options.json == "j");
    CHECK(options.quiet);
    CHECK(options.task_options == std::map<std::string, std::string>{{"budget", "9"}, {"candidates", "10"}});
    CHECK(options.arguments == Words{"train",
                                     "active",
                                     "--loss=random",
                                     "--data=shapes",
                                     "--data-dir=d",
                                     "--train-size=11",
                                     "--test-size=12",
                                     "--validate=true",
                                     "--budget=9",
                                     "--candidates=10",
                                     "--model=mlp",
                                     "--epochs=3",
                                     "--batch=4",
                                     "--lr=0.5",
                                     "--optimizer=adamw",
                                     "--schedule=step",
                                     "--weight-decay=0.25",
                                     "--ema=0.75",
                                     "--seed=6",
                                     "--checkpoint-every=8"});
    const auto compare = options_of<CompareOptions>({"compare", "metric", "--losses", "triplet,contrastive", "--seeds", "5", "--seed", "2"});
    CHECK(compare.methods == Words{"triplet", "contrastive"});
    CHECK(compare.seeds == 5);
    CHECK(compare.seed == 2);
}

TEST_CASE("every option of every task reaches it under its name") {
    std::set<std::string> listed;  // an option of several tasks is explained with the first of them
    for (const TaskEntry& entry : task_catalog())
        for (const TaskOption& option : entry.info.options) {
            const auto options = options_of<TrainOptions>({"train", entry.info.name, "--" + option.name, option.initial});
            CHECK(options.task_options == std::map<std::string, std::string>{{option.name, option.initial}});
            if (listed.insert(option.name).second) check_help({"train"}, {"--" + option.name + " X " + option.help + " (" + option.initial + " unless given)"});
        }
}

TEST_CASE("a run that goes on has the options that it was begun with, except those given anew") {
    const test::TemporaryFolder folder;
    std::ofstream{folder / "options.txt"} << "train\nmetric\n--lr=0.5\n--batch=8\n--validate=true\n";
    const auto options = options_of<TrainOptions>({"train", "metric", "--resume", folder.path(), "--batch", "16"});
    CHECK(options.learning_rate == 0.5);
    CHECK(options.batch == 16);
    CHECK(options.validate);
    CHECK(options.resume == folder.path());
    CHECK(options_of<TrainOptions>({"train", "metric", "--resume=" + folder.path(), "--batch=32"}).batch == 32);
    CHECK_FALSE(options_of<CompareOptions>({"compare", "metric", "--resume", folder.path()}).learning_rate.has_value());  // a run of another subcommand
    CHECK_THROWS_WITH(parse({"train", "active", "--resume", folder.path()}), Catch::Contains("was begun with, task = metric, got task = active"));
}

TEST_CASE("what may be given for the numbers of train, and what not") {
    const Words train{"train", "metric"};
    for (const char* option : {"--train-size", "--test-size", "--epochs", "--batch", "--checkpoint-every"}) {
        check_accepts(train, option, {"1", "1000000000"});
        check_refuses(train, option, {"0", "1000000001"}, "a whole number from 1 to 1000000000");
    }
    check_accepts(train, "--seed", {"0", "9223372036854775807"});
    check_refuses(train, "--seed", {"-1", "9223372036854775808"}, "a whole number from 0 to 9223372036854775807");
    check_accepts(train, "--threads", {"1"});
    check_refuses(train, "--threads", {"0", "-1"}, "a whole number from 1 to 1024");
    check_accepts(train, "--lr", {"1e-300", "1e300"});
    check_refuses(train, "--lr", {"0", "-1", "inf"}, "a number above 0");
    check_accepts(train, "--weight-decay", {"0", "3"});
    check_refuses(train, "--weight-decay", {"-1e-9", "inf"}, "a number of at least 0");
    check_accepts(train, "--ema", {"0", "0.9999"});
    check_refuses(train, "--ema", {"1", "-0.1"}, "a number in [0, 1)");
    check_accepts({"compare", "metric"}, "--seeds", {"1"});
    check_refuses({"compare", "metric"}, "--seeds", {"0"}, "a whole number from 1 to 1000000000");
}

TEST_CASE("the options of loss and check: unless given, given, and what may be given") {
    const Words inputs{"--logits", "z", "--targets", "y"};
    const auto initial = options_of<LossOptions>(with({"loss", "hill"}, inputs));
    CHECK(initial.loss == "hill");
    CHECK(initial.parameters.empty());
    CHECK(initial.epoch == 0);
    CHECK(initial.reduction == "sum");
    CHECK(initial.dtype == "f64");
    CHECK((initial.value.empty() && initial.grad.empty() && initial.tangent.empty() && initial.hvp.empty()));
    const auto loss = options_of<LossOptions>(with({"loss", "asl", "clip=0", "gamma_neg=2", "--epoch", "3", "--reduction", "none", "--dtype", "f32", "--value",
                                                    "v", "--grad", "g", "--tangent", "t", "--hvp", "h"},
                                                   inputs));
    CHECK(loss.parameters == Words{"clip=0", "gamma_neg=2"});
    CHECK(loss.logits == "z");
    CHECK(loss.targets == "y");
    CHECK(loss.epoch == 3);
    CHECK(loss.reduction == "none");
    CHECK(loss.dtype == "f32");
    CHECK(loss.value == "v");
    CHECK(loss.grad == "g");
    CHECK(loss.tangent == "t");
    CHECK(loss.hvp == "h");
    check_refuses(with({"loss", "hill"}, inputs), "--dtype", {"f16"}, "a known name");
    check_refuses(with({"loss", "hill"}, inputs), "--reduction", {"max"}, "a known name");
    check_refuses(with({"loss", "hill"}, inputs), "--epoch", {"-1"}, "a whole number from 0 to 1000000000");

    const Words check = with({"check", "hill", "--grad", "g"}, inputs);
    CHECK_FALSE(options_of<CheckOptions>(check).tolerance.has_value());
    const auto gradient = options_of<CheckOptions>(with(check, {"--tolerance", "0.5", "--epoch", "2", "--reduction", "mean"}));
    CHECK(gradient.tolerance == 0.5);
    CHECK(gradient.grad == "g");
    CHECK(gradient.epoch == 2);
    CHECK(gradient.reduction == "mean");
    check_refuses(check, "--tolerance", {"0"}, "a number above 0");
    for (const char* needed : {"--logits", "--targets", "--grad"}) {
        Words without = check;
        const auto at = std::find(without.begin(), without.end(), needed);
        without.erase(at, at + 2);
        CHECK_THROWS_WITH(parse(without), Catch::Contains(std::string(needed) + " is required"));
    }
}

TEST_CASE("the options of plot, gradcheck and bench: unless given, given, and what may be given") {
    const Words plot{"plot", "bce", "hill", "--out", "a.svg"};
    const auto initial = options_of<PlotOptions>(plot);
    CHECK(initial.losses == Words{"bce", "hill"});
    CHECK(initial.out == "a.svg");
    CHECK(initial.from == -6);
    CHECK(initial.to == 6);
    CHECK(initial.epoch == 1);
    CHECK(initial.classes == 10);
    const auto given = options_of<PlotOptions>(with(plot, {"--from", "-1", "--to", "2", "--epoch", "0", "--classes", "3"}));
    CHECK(given.from == -1);
    CHECK(given.to == 2);
    CHECK(given.epoch == 0);
    CHECK(given.classes == 3);
    check_accepts(plot, "--classes", {"2", "10000"});
    check_refuses(plot, "--classes", {"1", "10001"}, "a whole number from 2 to 10000");
    check_refuses(plot, "--epoch", {"-1"}, "a whole number from 0 to 1000000000");
    check_accepts(plot, "--from", {"-1e6", "1e6"});
    check_refuses(plot, "--to", {"1000001"}, "a number from -1e6 to 1e6");
    CHECK_THROWS_WITH(parse({"plot", "--out", "a.svg"}), Catch::Contains("NAME"));

    CHECK(options_of<GradcheckCommandOptions>({"gradcheck"}).names.empty());
    CHECK_FALSE(options_of<GradcheckCommandOptions>({"gradcheck"}).quiet);
    CHECK(options_of<GradcheckCommandOptions>({"gradcheck", "conv", "--quiet"}).names == Words{"conv"});
    CHECK(options_of<GradcheckCommandOptions>({"gradcheck", "conv", "--quiet"}).quiet);

    CHECK(options_of<BenchOptions>({"bench"}).names.empty());
    CHECK(options_of<BenchOptions>({"bench"}).threads == 0);
    CHECK(options_of<BenchOptions>({"bench"}).seconds == 2);
    const auto bench = options_of<BenchOptions>({"bench", "mlp", "cnn", "--threads", "3", "--seconds", "0.5", "--json", "b"});
    CHECK(bench.names == Words{"mlp", "cnn"});
    CHECK(bench.threads == 3);
    CHECK(bench.seconds == 0.5);
    CHECK(bench.json == "b");
    check_refuses({"bench"}, "--threads", {"0"}, "a whole number from 1 to 1024");
    check_refuses({"bench"}, "--seconds", {"0"}, "a number above 0");
}

TEST_CASE("the pages of help name each option with its kind, what it is unless given, and what it means") {
    std::string tasks;
    for (const TaskEntry& entry : task_catalog()) tasks += (tasks.empty() ? "" : ", ") + entry.info.name;
    const Words training{"TASK TEXT REQUIRED " + tasks + "\n",
                         "--data DATA=fashion fashion; cifar10; cifar100; ",
                         "--data-dir DIR folder of the files",
                         "--train-size N training examples",
                         "--test-size N test examples",
                         "--validate hold a fifth of the training data apart",
                         "--model NAME small_cnn, mlp, lenet5 or resnet20",
                         "--epochs N passes over the data",
                         "--batch N examples per step",
                         "--lr X highest learning rate",
                         "--optimizer NAME sgd, nesterov, adam, adamw or rmsprop",
                         "--schedule NAME constant, step, cosine, one-cycle or warmup-cosine",
                         "--weight-decay X of weights with two or more dimensions",
                         "--ema X decay of the averaged weights that are evaluated; 0: none",
                         "--seed N=1 of everything random",
                         "--threads N all cores unless given; the results do not depend on it",
                         "--out DIR folder for log, checkpoints and results",
                         "--resume DIR go on from this folder",
                         "--checkpoint-every N=200 batches between checkpoints within an epoch",
                         "--json FILE results for programs",
                         "--quiet no progress bar"};
    check_help({"train"}, training);
    check_help({"compare"}, training);
    check_help({"train"}, {"--loss LOSS name[:key=value,...][+modifier]; the task's first unless given"});
    check_help({"compare"}, {"--losses LIST A,B,...: each name", "--seeds N=1 runs per loss"});
    for (const TaskEntry& entry : task_catalog()) {
        check_help({"train"}, {"\n" + entry.info.name + ": " + entry.info.summary + "\n"});
        for (const Modifier& modifier : entry.info.modifiers) check_help({"compare"}, {"LOSS+" + modifier.name + " " + modifier.help + "\n"});
    }
    const Words loss_call{"NAME TEXT REQUIRED the loss: name or name:key=value,...",
                          "PARAMETER TEXT ... further parameters, key=value",
                          "--logits L.npy REQUIRED [N, C] or [N, K]",
                          "--targets T.npy REQUIRED [N, C] in {0, 1}, or [N] class indices",
                          "--epoch E=0 the epoch, from 0",
                          "--reduction R=sum none, mean or sum"};
    check_help({"loss"}, loss_call);
    check_help({"check"}, loss_call);
    check_help({"loss"}, {"--dtype D=f64 f32 or f64", "--value V.npy write the value", "--grad G.npy write the gradient",
                          "--tangent D.npy Needs: --hvp a direction", "--hvp H.npy Needs: --tangent write the Hessian times the direction"});
    check_help({"check"}, {"--grad G.npy REQUIRED the gradient to judge", "--tolerance R the largest relative difference that agrees"});
    check_help({"plot"}, {"NAME TEXT ... REQUIRED losses", "--out FILE.svg REQUIRED the file to write", "--from X=-6 the lowest logit",
                          "--to X=6 the highest logit", "--epoch E=1 the epoch", "--classes N=10 number of classes"});
    check_help({"gradcheck"}, {"NAME TEXT ... check those whose name contains one of these", "--quiet print failures and the last line alone"});
    check_help({"bench"}, {"NAME TEXT ... workloads; all unless given", "--threads N 1 and all cores unless given", "--seconds S=2 measured per workload",
                           "--json FILE results for programs"});
}

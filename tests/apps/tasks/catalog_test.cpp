// What tasks there are, their options and what these are unless given.
#include <knoll/apps/tasks/catalog.h>
#include <knoll/apps/tasks/single_label.h>
#include <knoll/apps/tasks/task_numbers.h>
#include <knoll/apps/training/method.h>
#include <knoll/core/tensor.h>
#include <catch2/catch.hpp>

#include "apps/support.h"

#include <map>

using namespace knoll;

namespace {

using Initials = std::map<std::string, std::string>;

Initials initial_options(const std::string& task) {
    Initials initials;
    for (const apps::TaskOption& option : apps::find_task(task).info.options) initials[option.name] = option.initial;
    return initials;
}

apps::TaskInfo made_up_task() {
    return {.name = "made-up",
            .summary = "",
            .options = {{"count", "7", {}, "so many"}, {"colour", "red", {"red", "green"}, "which"}, {"share", "0.5", {}, "of all"}}};
}

apps::TrainingOptions given(const std::map<std::string, std::string>& options) {
    apps::TrainingOptions result;
    result.task_options = options;
    return result;
}

}  // namespace

TEST_CASE("tasks come in the order of the help, each under its own name, and a wrong name is told the nearest") {
    std::vector<std::string> names;
    for (const apps::TaskEntry& entry : apps::task_catalog()) {
        names.push_back(entry.info.name);
        CHECK(&apps::find_task(entry.info.name) == &entry);
        CHECK_FALSE(entry.info.methods.empty());
        for (const std::string& method : entry.info.methods) CHECK(apps::parse_method(method, entry.info).text == method);
    }
    CHECK(names == std::vector<std::string>{"missing-labels", "imbalanced", "long-tailed-partial", "noisy-labels", "label-proportions", "adapt", "metric",
                                            "influence", "active", "learned-loss"});
    CHECK_THROWS_WITH(apps::find_task("adopt"), Catch::StartsWith("[task] expected the name of a task, got adopt") && Catch::Contains("adapt"));
}

TEST_CASE("options of tasks are what their pages say unless they are given, and the help prints them") {
    CHECK(initial_options("adapt") == Initials{{"corruption", "all"}, {"severity", "3"}, {"stream-batch", "100"}, {"adapt-lr", "0"}});
    CHECK(initial_options("active") == Initials{{"budget", "600"}, {"initial", "100"}, {"rounds", "6"}, {"candidates", "2000"}, {"draws", "6400"}});
    CHECK(initial_options("metric") == Initials{{"memory", "1024"}});
    CHECK(initial_options("influence") == Initials{{"mismatched", "0.2"}});
    CHECK(initial_options("learned-loss") == Initials{{"steps", "20"}, {"inner-lr", "auto"}, {"pairs", "8"}, {"deviation", "0.1"}});
    CHECK(apps::find_task("adapt").info.options[0].choices == std::vector<std::string>{"all", "noise", "blur", "contrast", "pixelate", "rotation"});
    CHECK(apps::find_task("adapt").info.procedures == std::vector<std::string>{"none", "bn_stats", "tent", "dpl"});
    CHECK(apps::find_task("active").info.procedures == std::vector<std::string>{"random", "entropy", "margin", "coreset", "ldm"});
    CHECK(apps::find_task("metric").info.procedures == std::vector<std::string>{"xbm", "mem"});
    CHECK(apps::find_task("influence").info.procedures == std::vector<std::string>{"ecif", "positive_only", "gradient_norm"});
    CHECK(apps::find_task("learned-loss").info.procedures == std::vector<std::string>{"mln", "mse"});
    for (const std::string name : {"adapt", "active", "learned-loss"}) CHECK(apps::find_task(name).info.targets == losses::TargetKind::class_index);
    for (const std::string name : {"metric", "influence"}) CHECK(apps::find_task(name).info.targets == losses::TargetKind::same_class);
    const std::string help = test::call({"train", "--help"}).out;
    for (const std::string name : {"adapt", "active", "metric", "influence", "learned-loss"})
        for (const apps::TaskOption& option : apps::find_task(name).info.options) {
            INFO(name << " --" << option.name);
            CHECK(test::contains(help, "--" + option.name));
            CHECK(test::contains(help, option.initial));
        }
}

TEST_CASE("the value of an option is the given one, or else the first, and unknown names and values are refused with what comes nearest") {
    const apps::TaskInfo task = made_up_task();
    CHECK(apps::task_option(task, given({}), "count") == "7");
    CHECK(apps::task_option(task, given({{"count", "9"}}), "count") == "9");
    CHECK(apps::task_option(task, given({{"colour", "green"}}), "colour") == "green");
    CHECK_THROWS_WITH(apps::task_option(task, given({}), "size"), "[task] expected an option of made-up, got --size");
    CHECK_THROWS_WITH(apps::task_option(task, given({{"colour", "grean"}}), "colour"),
                      Catch::StartsWith("[made-up] expected --colour to be a known value, got grean") && Catch::Contains("green"));
    CHECK_NOTHROW(apps::check_task_options(task, given({{"count", "9"}, {"colour", "red"}})));
    CHECK_THROWS_WITH(apps::check_task_options(task, given({{"count", "9"}, {"size", "1"}})),
                      "[made-up] expected options of this task, got --size; see knoll train --help for the task it belongs to");
    CHECK_THROWS_AS(apps::check_task_options(task, given({{"colour", "blue"}})), ValueError);
}

TEST_CASE("numbers among options are whole texts in their range, both ends included") {
    const apps::TaskInfo task = made_up_task();
    const auto whole = [&](const std::string& value) { return apps::task_whole_number(task, given({{"count", value}}), "count", 2, 9); };
    const auto share = [&](const std::string& value) { return apps::task_number(task, given({{"share", value}}), "share", 0.25, 1); };
    CHECK(whole("2") == 2);
    CHECK(whole("9") == 9);
    CHECK(apps::task_whole_number(task, given({}), "count", 2, 9) == 7);
    for (const std::string wrong : {"1", "10", "-3", "3.5", "3x", "", " 3", "three", "99999999999999999999"})
        CHECK_THROWS_WITH(whole(wrong), "[made-up] expected --count to be a whole number in [2, 9], got " + wrong);
    CHECK(share("0.25") == 0.25);
    CHECK(share("1") == 1);
    CHECK(share("3e-1") == 0.3);
    CHECK(apps::task_number(task, given({}), "share", 0, 1) == 0.5);
    for (const std::string wrong : {"0.2", "1.01", "nan", "inf", "0.5 ", "", "half"})
        CHECK_THROWS_WITH(share(wrong), "[made-up] expected --share to be a number in [0.25, 1], got " + wrong);
}

TEST_CASE("classes that nobody has named are named by their numbers") {
    const Tensor images = zeros({2, 1, 4, 4}), labels = zeros({2}, DType::i64);
    CHECK(apps::names_of_classes({images, labels, 3}) == std::vector<std::string>{"class 0", "class 1", "class 2"});
    CHECK(apps::names_of_classes({images, labels, 2, {"coat", "shirt"}}) == std::vector<std::string>{"coat", "shirt"});
}

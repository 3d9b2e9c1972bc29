// The tasks with wrong labels, with bags, and with corrupted images, small.
#include <knoll/core/files/safetensors.h>

#include "apps/support.h"
#include "support/same.h"

#include <catch2/catch.hpp>

using namespace knoll;
using knoll::test::call;
using knoll::test::contains;

namespace {

std::vector<std::string> little(const std::string& command, const std::string& task, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{command, task, "--data", "shapes", "--train-size", "130", "--test-size", "40", "--epochs", "2", "--batch", "32"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

void check_resumes_to_the_bit(const std::string& task, const std::vector<std::string>& options) {
    INFO(task);
    const test::TemporaryFolder folder;
    std::vector<std::string> whole = options, broken = options;
    whole.insert(whole.end(), {"--quiet", "--out", folder / "whole"});
    broken.insert(broken.end(), {"--out", folder / "broken"});
    REQUIRE(call(little("train", task, whole)).status == 0);
    CHECK(test::call_interrupted(little("train", task, broken)).status == 130);
    REQUIRE(call({"train", task, "--resume", folder / "broken", "--quiet"}).status == 0);
    check_same(load_safetensors(folder / "broken/model.safetensors").tensors, load_safetensors(folder / "whole/model.safetensors").tensors);
}

}  // namespace

TEST_CASE("learning to bootstrap and learning from proportions resume to the bit") {
    check_resumes_to_the_bit("noisy-labels", {"--loss", "l2b", "--clean", "20"});
    check_resumes_to_the_bit("label-proportions", {"--loss", "ahil", "--bag", "8"});
}

TEST_CASE("tasks with imperfect labels compare all their methods and say what they were told") {
    const test::TemporaryFolder folder;
    const test::Output noisy = call(little("compare", "noisy-labels", {"--clean", "20", "--noise", "pair", "--out", folder / "noisy"}));
    INFO(noisy.error);
    CHECK(noisy.status == 0);
    CHECK(contains(noisy.out, "noise pair, rate 0.4, clean 20"));
    for (const char* method : {"cross_entropy:smoothing=0.1 ", "bootstrapping ", "sce ", "l2b "}) CHECK(contains(noisy.out, method));
    CHECK(contains(test::read_text(folder / "noisy/report.html"), "What l2b makes of wrong labels"));

    const test::Output bags = call(little("compare", "label-proportions", {"--bag", "16"}));
    INFO(bags.error);
    CHECK(bags.status == 0);
    CHECK(contains(bags.out, "training examples 128"));
    CHECK(contains(bags.out, "cross_entropy+full (reference)"));

    const test::Output adapted = call(little("compare", "adapt", {"--stream-batch", "16", "--out", folder / "adapt"}));
    INFO(adapted.error);
    CHECK(adapted.status == 0);
    for (const char* name : {"accuracy", "noise", "blur", "contrast", "pixelate", "rotation", "bn_stats ", "tent ", "dpl "}) CHECK(contains(adapted.out, name));
    CHECK(contains(test::read_text(folder / "adapt/report.html"), "rotation 5"));
}

TEST_CASE("what l2b makes of wrong labels is shown of all the training set, not of the clean examples at its beginning") {
    const test::TemporaryFolder folder;
    const test::Output noisy = call({"compare", "noisy-labels", "--losses", "l2b", "--data", "shapes", "--train-size", "600", "--test-size", "40", "--clean",
                                     "300", "--epochs", "1", "--quiet", "--out", folder / "noisy"});
    INFO(noisy.error);
    REQUIRE(noisy.status == 0);
    const std::string report = test::read_text(folder / "noisy/report.html");
    CHECK(contains(report, "wrong labels among 256 examples"));
    CHECK_FALSE(contains(report, "of the 0 wrong labels"));
}

TEST_CASE("learning from proportions that warms up to the end is the proportion loss alone") {
    const test::TemporaryFolder folder;
    const auto weights = [&](const std::string& name, const std::string& loss, const std::string& warm_up) {
        const test::Output trained = call(little(
            "train", "label-proportions", {"--loss", loss, "--bag", "16", "--warm-up", warm_up, "--optimizer", "sgd", "--quiet", "--out", folder / name}));
        INFO(trained.error);
        REQUIRE(trained.status == 0);
        return load_safetensors(folder / (name + "/model.safetensors")).tensors;
    };
    const auto alone = weights("alone", "proportion", "0");
    check_same(weights("to the end", "ahil", "1"), alone);
    CHECK(weights("half", "ahil", "0.5").front().second.to_vector() != alone.front().second.to_vector());
}

TEST_CASE("options of tasks with imperfect labels are refused by name") {
    const auto error_of = [](const std::string& task, const std::vector<std::string>& more) { return call(little("train", task, more)).error; };
    CHECK(contains(error_of("noisy-labels", {"--rate", "1.5"}), "[noisy-labels] expected --rate to be a number in [0, 1], got 1.5"));
    CHECK(contains(error_of("noisy-labels", {"--clean", "1"}), "[noisy-labels] expected --clean to be a whole number in [2, 1000000000], got 1"));
    CHECK(
        contains(error_of("noisy-labels", {"--loss", "l2b", "--clean", "20", "--optimizer", "adam"}), "[l2b] expected --optimizer sgd or nesterov, got Adam"));
    CHECK(contains(error_of("label-proportions", {"--bag", "20"}), "[label-proportions] expected --batch to be whole bags of 20, got 32"));
    CHECK(contains(error_of("label-proportions", {"--warm-up", "2"}), "[label-proportions] expected --warm-up to be a number in [0, 1], got 2"));
    CHECK(contains(error_of("label-proportions", {"--loss", "sce"}), "[label-proportions] expected"));
    CHECK(contains(error_of("adapt", {"--severity", "6"}), "[adapt] expected --severity to be a whole number in [1, 5], got 6"));
    CHECK(contains(error_of("adapt", {"--model", "lenet5"}), "[adapt] expected a model with batch norm"));
}

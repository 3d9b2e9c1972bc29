#include <knoll/core/autograd.h>
#include <knoll/core/files/npy.h>
#include <knoll/core/ops/ops.h>
#include <knoll/losses/registry.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <limits>

using namespace knoll;
using knoll::test::call;
using knoll::test::contains;

namespace {

// Logits [3, 4] with targets, and the call that judges a gradient.
struct Judge {
    test::TemporaryFolder folder;
    Tensor logits;
    Tensor targets;

    explicit Judge(bool single_label = false) {
        Rng rng{5};
        logits = 2.0 * randn({3, 4}, rng, DType::f64);
        targets = single_label ? tensor({0, 3, 1}).to(DType::i64) : tensor({{1, 0, 0, 1}, {0, 0, 1, 0}, {0, 1, 0, 0}}).to(DType::u8);
        save_npy(folder / "z.npy", logits);
        save_npy(folder / "y.npy", targets);
    }
    Tensor exact(const std::string& loss, Reduction reduction = Reduction::sum, int epoch = 0) const {
        const Tensor z = logits.clone().set_requires_grad();
        const Tensor y = is_floating(targets.dtype()) || targets.dtype() == DType::i64 ? targets : targets.to(DType::f64);
        return grad(sum((*losses::make(loss, reduction))(z, y, {.epoch = epoch})), z);
    }
    test::Output operator()(const std::string& loss, const Tensor& gradient, const std::vector<std::string>& more = {}) const {
        save_npy(folder / "g.npy", gradient);
        std::vector<std::string> arguments{"check", loss, "--logits", folder / "z.npy", "--targets", folder / "y.npy", "--grad", folder / "g.npy"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return call(arguments);
    }
};

// One element replaced.
Tensor with_element(const Tensor& tensor, std::size_t element, double value) {
    std::vector<double> values = tensor.to_vector();
    values[element] = value;
    return knoll::tensor(values, tensor.shape(), tensor.dtype());
}

void check_departs(const test::Output& output, const std::string& what) {
    INFO(output.out << output.error);
    CHECK(output.status == 1);
    CHECK(contains(output.out, what));
}

}  // namespace

TEST_CASE("knoll check agrees with right gradients of either type and any reduction") {
    const Judge judge;
    const test::Output exact = judge("hill", judge.exact("hill"));
    CHECK(exact.status == 0);
    CHECK(contains(exact.out, "hill: agrees in all 12 elements; largest relative difference 0"));
    const test::Output rounded = judge("hill", judge.exact("hill").to(DType::f32));
    CHECK(rounded.status == 0);
    CHECK(contains(rounded.out, "(tolerance 1e-04)"));
    CHECK(judge("asl", judge.exact("asl:gamma_neg=2", Reduction::mean), {"gamma_neg=2", "--reduction", "mean"}).status == 0);
    CHECK(judge("splc", judge.exact("splc", Reduction::sum, 2), {"--epoch", "2"}).status == 0);
    const Judge single(true);
    CHECK(single("cce", single.exact("cce")).status == 0);
}

TEST_CASE("knoll check names the worst element and how many depart") {
    const Judge judge;
    const Tensor right = judge.exact("hill");
    const test::Output output = judge("hill", with_element(with_element(right, 9, right.at<double>(2, 1) + 1), 4, right.at<double>(1, 0) + 0.001));
    check_departs(output, "hill: departs in 2 of 12 elements");
    check_departs(output, text("worst at [2, 1]: logit ", judge.logits.at<double>(2, 1), ", target 1, expected ", right.at<double>(2, 1), ", got "));
    CHECK_FALSE(contains(output.out, "diagnosis"));
    CHECK(judge("hill", with_element(right, 4, right.at<double>(1, 0) * 1.001), {"--tolerance", "0.01"}).status == 0);
}

TEST_CASE("the tolerance of a gradient in f64 is tighter than in f32") {
    const Judge judge;
    const Tensor near = judge.exact("bce") * (1 + 1e-6);
    CHECK(judge("bce", near.to(DType::f32)).status == 0);
    CHECK(judge("bce", near).status == 1);
}

TEST_CASE("flipped signs and factors are diagnosed") {
    const Judge judge;
    const Tensor right = judge.exact("focal");
    check_departs(judge("focal", -right), "diagnosis: every sign is flipped\n");
    check_departs(judge("focal", right * 3.0), "every element is 3 = N times what is expected: a sum");
    check_departs(judge("focal", right / 4.0), "every element is 1/4 = 1/C of what is expected: a mean");
    check_departs(judge("focal", right / -12.0), "every sign is flipped, and every element is 1/12 = 1/(N*C)");
    check_departs(judge("focal", right * 0.7), "every element is 0.7 times");
    check_departs(judge("focal", right * 0.0), "zero everywhere");
    check_departs(judge("focal", judge.exact("focal", Reduction::mean).to(DType::f32)), "1/12 = 1/(N*C)");
}

TEST_CASE("detached weights are diagnosed in both directions, and together with a factor") {
    const Judge judge;
    for (const char* name : {"asl", "focal"}) {
        const std::string loss = name;
        check_departs(judge(loss, judge.exact(loss + ":detach=1")), "with detach=1 it agrees");
        check_departs(judge(loss + ":detach=1", judge.exact(loss)), "with detach=0 it agrees");
        check_departs(judge(loss, judge.exact(loss + ":detach=1") / 3.0), "(detached); moreover, every element is 1/3");
    }
}

TEST_CASE("an epoch counted from 1 is diagnosed") {
    const Judge judge;
    check_departs(judge("splc", judge.exact("splc", Reduction::sum, 1)), "with --epoch 1 it agrees");
}

TEST_CASE("a gradient by the probabilities is diagnosed") {
    const Judge judge;
    const Tensor p = sigmoid(judge.logits);
    check_departs(judge("bce", judge.exact("bce") / (p * (1.0 - p))), "gradient by the probabilities");
}

TEST_CASE("NaN are diagnosed by the logits that have them only where all such logits do, else by their places") {
    Judge judge;
    judge.logits = tensor({{0.25, -3, 2, 0.1}, {-0.5, 5, -1, 4}, {-6, 1.5, 0.75, -2}}, DType::f64);
    save_npy(judge.folder / "z.npy", judge.logits);
    const Tensor right = judge.exact("bce");
    const auto with_nan = [&](const std::vector<std::size_t>& elements) {
        Tensor wrong = right;
        for (const std::size_t element : elements) wrong = with_element(wrong, element, std::numeric_limits<double>::quiet_NaN());
        return judge("bce", wrong);
    };
    check_departs(with_nan({0}), "diagnosis: what departs is NaN or infinite, at [0, 0] (logit 0.25), and all else agrees\n");
    check_departs(with_nan({0, 9}), "at [0, 0] (logit 0.25), [2, 1] (logit 1.5), and all else agrees\n");
    check_departs(with_nan({8}), "at [2, 0] (logit -6), which no other logit goes beyond, and all else agrees: an exp that overflows");
    check_departs(with_nan({5, 7, 8}), "at all logits of size 4 and beyond, and all else agrees: an exp that overflows");
    check_departs(with_nan({5, 7, 2}), "at all logits of 2 and above, and all else agrees");
    check_departs(with_nan({8, 1}), "at all logits of -3 and below, and all else agrees");
    check_departs(with_nan({0, 1, 2, 3, 4, 6}),
                  "at [0, 0] (logit 0.25), [0, 1] (logit -3), [0, 2] (logit 2), [0, 3] (logit 0.1), [1, 0] (logit -0.5) and 1 more, and "
                  "all else agrees\n");
}

TEST_CASE("a diagnosis claims no more than it has seen") {
    const Judge judge;
    const Tensor right = judge.exact("hill");
    const double logit = judge.logits.at<double>(2, 1);
    check_departs(judge("hill", with_element(right, 9, right.at<double>(2, 1) * 2)),
                  text("diagnosis: one element alone departs, [2, 1] (logit ", static_cast<float>(logit), "); all 11 others agree\n"));
    const Tensor two = with_element(with_element(right, 9, right.at<double>(2, 1) * 2), 0, right.at<double>(0, 0) * 3);
    check_departs(judge("hill", two), "diagnosis: 2 of 4 positives are wrong; all 8 negatives agree\n");
    // One number is a multiple of any other.
    Judge one;
    one.logits = tensor({{0.5}}, DType::f64);
    one.targets = ones({1, 1}, DType::u8);
    save_npy(one.folder / "z.npy", one.logits);
    save_npy(one.folder / "y.npy", one.targets);
    CHECK_FALSE(contains(one("hill", one.exact("hill") * 0.7).out, "diagnosis"));
    check_departs(one("hill", -one.exact("hill")), "every sign is flipped");
}

TEST_CASE("a few NaN at extreme logits are diagnosed with their place") {
    Judge judge;
    judge.logits = with_element(judge.logits, 7, -800);
    save_npy(judge.folder / "z.npy", judge.logits);
    const Tensor right = judge.exact("bce");
    check_departs(judge("bce", with_element(right, 7, std::numeric_limits<double>::quiet_NaN())),
                  "NaN or infinite, at [1, 3] (logit -800), which no other logit goes beyond, and all else agrees: an exp");
    check_departs(judge("bce", with_element(right, 7, std::numeric_limits<double>::infinity())), "worst at [1, 3]: logit -800, target 0");
}

TEST_CASE("wrong positives or negatives alone are diagnosed") {
    const Judge judge;
    const Tensor right = judge.exact("hill");
    const Tensor positive = judge.targets.to(DType::f64);
    check_departs(judge("hill", right * (1.0 + positive)), "only positives are wrong, and all of them are 2 times what is expected; all 8 negatives agree");
    check_departs(judge("hill", right + (1.0 - positive)), "only negatives are wrong; all 4 positives agree");
    const Judge single(true);
    const Tensor wrong = with_element(single.exact("cross_entropy"), 7, 3);
    check_departs(single("cross_entropy", wrong), "worst at [1, 3]");
    check_departs(single("cross_entropy", wrong), ", class 3, expected");
    check_departs(single("cross_entropy", wrong), "one element alone departs, [1, 3]");
    Tensor all_positives = wrong;
    for (const std::size_t positive : {0, 9}) all_positives = with_element(all_positives, positive, 3 + static_cast<double>(positive));
    check_departs(single("cross_entropy", all_positives), "only positives are wrong; all 9 negatives agree");
}

TEST_CASE("bad input to knoll check is one line with status 2") {
    const Judge judge;
    const auto refused = [](const test::Output& output, const std::string& what) {
        INFO(output.error);
        CHECK(output.status == 2);
        CHECK(contains(output.error, what));
    };
    refused(judge("hill", zeros({4, 3})), "expected a gradient of the logits' shape [3, 4], got [4, 3]");
    refused(judge("hill", zeros({3, 4}, DType::i64)), "expected a gradient of f32 or f64");
    refused(judge("hil", zeros({3, 4})), "hill");
    refused(judge("hill", zeros({3, 4}), {"--tolerance", "0"}), "a number above 0");
    refused(call({"check", "hill", "--logits", "a.npy", "--targets", "b.npy"}), "--grad");
    CHECK(contains(call({"check", "--help"}).out, "1e-4 for a gradient in f32 and 1e-9"));
}

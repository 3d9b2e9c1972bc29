#include <knoll/core/files/npy.h>
#include <knoll/core/ops/ops.h>
#include <knoll/losses/registry.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

using namespace knoll;
using knoll::test::call;
using knoll::test::contains;

namespace {

struct Arrays {
    test::TemporaryFolder folder;
    Tensor logits;
    Tensor targets;

    Arrays() {
        Rng rng{3};
        logits = 2.0 * randn({3, 4}, rng, DType::f64);
        targets = bernoulli({3, 4}, 0.4, rng, DType::u8);
        save_npy(folder / "z.npy", logits);
        save_npy(folder / "y.npy", targets);
    }
    std::vector<std::string> call_of(const std::string& loss, const std::vector<std::string>& more) const {
        std::vector<std::string> arguments{"loss", loss, "--logits", folder / "z.npy", "--targets", folder / "y.npy"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
};

}  // namespace

TEST_CASE("knoll loss prints the sum with all its digits") {
    const Arrays arrays;
    const test::Output output = call(arrays.call_of("bce", {}));
    REQUIRE(output.status == 0);
    const double expected = sum(softplus(arrays.logits) - arrays.targets.to(DType::f64) * arrays.logits).item();
    CHECK(std::stod(output.out) == Approx(expected).epsilon(1e-14));
    CHECK(output.out.size() > 15);
}

TEST_CASE("knoll loss writes value, gradient and Hessian-vector product") {
    const Arrays arrays;
    Rng rng{4};
    const Tensor direction = randn({3, 4}, rng, DType::f64);
    save_npy(arrays.folder / "d.npy", direction);
    const auto path = [&](const char* name) { return arrays.folder / name; };
    REQUIRE(call(arrays.call_of("bce",
                                {"--reduction", "mean", "--value", path("v.npy"), "--grad", path("g.npy"), "--tangent", path("d.npy"), "--hvp", path("h.npy")}))
                .status == 0);
    const Tensor p = sigmoid(arrays.logits);
    const Tensor expected_gradient = (p - arrays.targets.to(DType::f64)) / 12.0;
    const Tensor expected_product = p * (1.0 - p) * direction / 12.0;
    CHECK(load_npy(path("v.npy")).shape() == Shape{});
    CHECK(max(abs(load_npy(path("g.npy")) - expected_gradient)).item() < 1e-15);
    CHECK(max(abs(load_npy(path("h.npy")) - expected_product)).item() < 1e-15);
}

TEST_CASE("parameters, epoch, reduction and type are passed on") {
    const Arrays arrays;
    const Tensor expected =
        (*losses::make("splc:tau=0.5,margin=0", Reduction::none))(arrays.logits.to(DType::f32), arrays.targets.to(DType::f32), {.epoch = 1});
    const test::Output output =
        call(arrays.call_of("splc:tau=0.5", {"margin=0", "--epoch", "1", "--reduction", "none", "--dtype", "f32", "--value", arrays.folder / "v.npy"}));
    REQUIRE(output.status == 0);
    const Tensor value = load_npy(arrays.folder / "v.npy");
    CHECK(value.dtype() == DType::f32);
    CHECK(value.to_vector() == expected.to_vector());
    CHECK(std::count(output.out.begin(), output.out.end(), '\n') == 12);
}

TEST_CASE("single-label targets may have any integer type, and no other") {
    const Arrays arrays;
    save_npy(arrays.folder / "y.npy", tensor({0, 3, 1}).to(DType::u8));
    CHECK(call(arrays.call_of("cross_entropy", {})).status == 0);
    save_npy(arrays.folder / "y.npy", tensor({0, 3, 1}));
    CHECK(contains(call(arrays.call_of("cross_entropy", {})).error, "integer"));
    save_npy(arrays.folder / "y.npy", tensor({0, 4, 1}).to(DType::i64));
    CHECK(call(arrays.call_of("cross_entropy", {})).status == 2);
}

TEST_CASE("bad input to knoll loss is one line with status 2, and nothing is written") {
    const Arrays arrays;
    const std::string out = arrays.folder / "g.npy";
    const auto refused = [&](const std::vector<std::string>& arguments, const std::string& what) {
        const test::Output output = call(arguments);
        INFO(output.error);
        CHECK(output.status == 2);
        CHECK(contains(output.error, what));
        CHECK(std::count(output.error.begin(), output.error.end(), '\n') == 1);
        CHECK_FALSE(std::filesystem::exists(out));
    };
    refused(arrays.call_of("hil", {"--grad", out}), "hill");
    refused(arrays.call_of("hill", {"lambda", "--grad", out}), "key=value");
    refused(arrays.call_of("hill", {"--grad", arrays.folder / "none/g.npy"}), "none/g.npy");
    refused({"loss", "hill", "--logits", arrays.folder / "no.npy", "--targets", arrays.folder / "y.npy", "--grad", out}, "no.npy");
    refused(arrays.call_of("hill", {"--grad", out, "--value", out}), "[loss] expected --value and --grad to name different files, got " + out + " and " + out);
    save_npy(arrays.folder / "y.npy", zeros({3, 5}));
    refused(arrays.call_of("hill", {"--grad", out}), "[3, 5]");
    save_npy(arrays.folder / "y.npy", full({3, 4}, 0.5));
    refused(arrays.call_of("hill", {"--grad", out}), "0.5");
}

TEST_CASE("of the files of knoll loss all are written or none") {
    const Arrays arrays;
    const test::Output output = call(arrays.call_of("bce", {"--value", arrays.folder / "ok.npy", "--grad", "/proc/g.npy"}));
    CHECK(output.status == 2);
    CHECK(contains(output.error, "/proc/g.npy"));
    CHECK_FALSE(std::filesystem::exists(arrays.folder / "ok.npy"));
}

TEST_CASE("output that cannot be written is an error") {
    std::ostream closed{nullptr};
    std::ostringstream error;
    apps::Console console{closed, error};
    CHECK(apps::run_command({"losses"}, console) == 2);
    CHECK(contains(error.str(), "standard output"));
}

TEST_CASE("knoll losses lists every loss with its defaults") {
    const test::Output output = call({"losses"});
    CHECK(output.status == 0);
    for (const losses::LossInfo& loss : losses::registry()) CHECK(contains(output.out, loss.name));
    CHECK(contains(output.out, "gamma_neg = 4"));
    CHECK(contains(output.out, "arXiv 2112.07368"));
}

TEST_CASE("knoll plot writes one SVG file") {
    const test::TemporaryFolder folder;
    CHECK(call({"plot", "bce", "hill", "--out", folder / "a.svg"}).status == 0);
    CHECK(contains(test::read_text(folder / "a.svg"), "Gradient, negative target"));
    CHECK(call({"plot", "bce", "--out", folder / "none/a.svg"}).status == 2);
}

TEST_CASE("knoll loss writes over none of the files that it reads, however they are spelt") {
    namespace fs = std::filesystem;
    const Arrays arrays;
    const auto path = [&](const std::string& name) { return arrays.folder / name; };
    fs::create_symlink(path("z.npy"), path("symbolic.npy"));
    fs::create_hard_link(path("y.npy"), path("hard.npy"));
    fs::create_directory(path("sub"));
    fs::create_directory_symlink(arrays.folder.path(), path("sub/back"));
    const std::string logits = test::read_text(path("z.npy")), targets = test::read_text(path("y.npy"));
    const std::string relative = fs::relative(path("z.npy")).string();
    for (const std::string& out :
         {path("z.npy"), path("./z.npy"), path("sub/../z.npy"), path("sub/back/z.npy"), path("symbolic.npy"), path("y.npy"), path("hard.npy"), relative})
        for (const char* option : {"--value", "--grad"}) {
            INFO(option << ' ' << out);
            const test::Output output = call(arrays.call_of("hill", {option, out}));
            CHECK(output.status == 2);
            const char* input = out.ends_with("y.npy") || out.ends_with("hard.npy") ? "--targets" : "--logits";
            CHECK(contains(output.error, text("[loss] expected ", option, " to name another file than ", input, ", which is read, got ", out,
                                              "; choose another place for ", option)));
            CHECK(output.out.empty());
        }
    const test::Output product = call(arrays.call_of("hill", {"--tangent", path("z.npy"), "--hvp", path("z.npy")}));
    CHECK(contains(product.error, "expected --hvp to name another file than --logits"));
    const test::Output both = call(arrays.call_of("hill", {"--value", path("new.npy"), "--grad", path("sub/../new.npy")}));
    CHECK(contains(both.error, "expected --value and --grad to name different files"));
    CHECK_FALSE(fs::exists(path("new.npy")));
    CHECK(test::read_text(path("z.npy")) == logits);
    CHECK(test::read_text(path("y.npy")) == targets);
    CHECK(call(arrays.call_of("hill", {"--value", path("v.npy"), "--grad", path("g.npy")})).status == 0);
    CHECK(call(arrays.call_of("hill", {"--value", path("v.npy"), "--grad", path("g.npy")})).status == 0);  // over what was written before
}

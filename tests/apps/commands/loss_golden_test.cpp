// The golden cases of the losses once more, through files and the command line.
#include <knoll/core/files/npy.h>
#include <knoll/core/ops/ops.h>

#include "apps/support.h"
#include "support/golden_file.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace knoll;

namespace {

Tensor matrix(const nlohmann::json& rows) {
    std::vector<double> values;
    for (const auto& row : rows)
        for (const double value : row) values.push_back(value);
    return tensor(values, {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows[0].size())}, DType::f64);
}

Tensor targets_of(const nlohmann::json& targets) {
    if (targets[0].is_array()) return matrix(targets);
    const auto classes = targets.get<std::vector<std::int64_t>>();
    return from_data<std::int64_t>({static_cast<std::int64_t>(classes.size())}, classes);
}

void check_close(const Tensor& got, const Tensor& expected) {
    const std::vector<double> a = got.to_vector();
    const std::vector<double> b = expected.to_vector();
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a[i] - b[i]) <= 1e-10 * std::abs(b[i]) + 1e-12);
}

void check_case(const std::string& loss, const nlohmann::json& example) {
    const test::TemporaryFolder folder;
    save_npy(folder / "z.npy", matrix(example["logits"]));
    save_npy(folder / "y.npy", targets_of(example["targets"]));
    save_npy(folder / "d.npy", matrix(example["tangent"]));
    std::vector<std::string> arguments{"loss", loss};
    for (const auto& [name, value] : example["params"].items()) arguments.push_back(name + "=" + value.dump());
    for (const std::string& argument :
         {std::string("--logits"), folder / "z.npy", std::string("--targets"), folder / "y.npy", std::string("--tangent"), folder / "d.npy",
          std::string("--grad"), folder / "g.npy", std::string("--hvp"), folder / "h.npy", std::string("--epoch"), std::to_string(example.value("epoch", 0))})
        arguments.push_back(argument);
    const test::Output output = test::call(arguments);
    INFO(loss << " " << example["params"].dump() << " " << output.error);
    REQUIRE(output.status == 0);
    const double sum = example["sum"];
    CHECK(std::abs(std::stod(output.out) - sum) <= 1e-10 * std::abs(sum) + 1e-12);
    check_close(load_npy(folder / "g.npy"), matrix(example["grad"]));
    check_close(load_npy(folder / "h.npy"), matrix(example["hvp"]));
}

}  // namespace

TEST_CASE("the command reproduces the golden values, gradients and Hessian-vector products") {
    for (const char* loss : {"asl", "hill", "splc", "wan", "cross_entropy", "softmax_focal", "cce"}) {
        const auto golden = golden_file(loss);
        for (const auto& example : golden["cases"]) check_case(loss, example);
    }
}

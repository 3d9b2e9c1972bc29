// Every loss against values, gradients and Hessian-vector products made in float64 and arbitrary precision by another program.
#include "support/close.h"
#include "support/golden_file.h"

#include <knoll/core/core.h>
#include <knoll/losses/losses.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace knoll;
using nlohmann::json;

namespace {

Tensor to_tensor(const json& values, DType dtype) {
    if (!values.front().is_array()) {
        const auto flat = values.get<std::vector<double>>();
        return tensor(flat, Shape{static_cast<std::int64_t>(flat.size())}, dtype);
    }
    std::vector<double> flat;
    for (const json& row : values)
        for (const json& value : row) flat.push_back(value.get<double>());
    return tensor(flat, Shape{static_cast<std::int64_t>(values.size()), static_cast<std::int64_t>(values.front().size())}, dtype);
}

std::string specification(const std::string& name, const json& parameters) {
    std::string text = name;
    for (const auto& [key, value] : parameters.items()) text += (text == name ? ":" : ",") + key + "=" + value.dump();
    return text;
}

void check_case(const std::string& loss, const json& golden, DType dtype, double relative, double absolute) {
    const std::string spec = specification(loss, golden["params"]);
    const losses::LossContext context{.epoch = golden["epoch"].get<int>()};
    INFO(spec << " at epoch " << context.epoch << ", logits " << golden["logits"].dump().substr(0, 80));
    const auto none = losses::make(spec, Reduction::none);
    const auto total = losses::make(spec, Reduction::sum);
    const auto average = losses::make(spec, Reduction::mean);

    Tensor logits = to_tensor(golden["logits"], dtype).set_requires_grad();
    const DType target_type = none->target_kind() == losses::TargetKind::class_index ? DType::i64 : dtype;
    const Tensor targets = to_tensor(golden["targets"], target_type);

    const Tensor expected = to_tensor(golden["none"], DType::f64);
    check_close((*none)(logits, targets, context), expected, relative, absolute);
    const Tensor value = (*total)(logits, targets, context);
    check_close(value, scalar(golden["sum"].get<double>(), DType::f64), relative, absolute);
    const double mean = golden["sum"].get<double>() / static_cast<double>(expected.numel());
    check_close((*average)(logits, targets, context), scalar(mean, DType::f64), relative, absolute);

    const Tensor gradient = grad(value, logits, {.create_graph = true});
    check_close(gradient, to_tensor(golden["grad"], DType::f64), relative, absolute);
    const Tensor product = grad(gradient, logits, {.grad_outputs = {to_tensor(golden["tangent"], dtype)}});
    check_close(product, to_tensor(golden["hvp"], DType::f64), relative, absolute);
}

void check_file(const std::string& loss, DType dtype, double relative, double absolute) {
    const json golden = golden_file(loss);
    REQUIRE_FALSE(golden["cases"].empty());
    for (const json& one : golden["cases"]) check_case(loss, one, dtype, relative, absolute);
}

}  // namespace

TEST_CASE("every golden case of every loss agrees in f64 and in f32") {
    const std::string loss =
        GENERATE("bce", "wan", "bce_ls", "focal", "asl", "focal_margin", "hill", "splc", "cross_entropy", "softmax_focal", "complement_entropy", "cce");
    SECTION(loss + " in f64") { check_file(loss, DType::f64, 1e-10, 1e-12); }
    SECTION(loss + " in f32") { check_file(loss, DType::f32, 1e-5, 1e-5); }
}

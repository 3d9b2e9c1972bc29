#include "support/golden_ops.h"

#include "support/golden_file.h"

namespace knoll {

namespace {

GoldenOp golden_op(const nlohmann::json& json) {
    GoldenOp op;
    op.options = json.at("options");
    for (const auto& input : json.at("inputs")) {
        const bool is_index = input.at("name") == "index" || input.at("name") == "indices";
        op.inputs.push_back(golden_tensor(input, is_index ? DType::i64 : DType::f64));
    }
    op.output = golden_tensor(json.at("output"));
    op.upstream = golden_tensor(json.at("upstream"));
    for (const auto& gradient : json.at("grads")) op.grads.push_back(gradient.is_null() ? Tensor{} : golden_tensor(gradient));
    op.extra_outputs = json.value("extra_outputs", nlohmann::json::object());
    op.note = json.value("note", "");
    return op;
}

}  // namespace

Tensor golden_tensor(const nlohmann::json& json, DType dtype) {
    const auto values = json.at("values").get<std::vector<double>>();
    Shape shape;
    for (const std::int64_t extent : json.at("shape")) shape.push_back(extent);
    return tensor(values, shape, dtype);
}

Size2 golden_size(const nlohmann::json& pair) { return {pair.at(0).get<std::int64_t>(), pair.at(1).get<std::int64_t>()}; }

std::vector<GoldenOp> golden_ops(const std::string& name) {
    static const nlohmann::json file = golden_file("ops_pytorch");
    std::vector<GoldenOp> cases;
    for (const auto& json : file.at("cases"))
        if (json.at("op") == name) cases.push_back(golden_op(json));
    REQUIRE_FALSE(cases.empty());
    return cases;
}

void check_golden(const GoldenOp& golden, const TensorsFunction& function, double rtol, double atol) {
    INFO("options " << golden.options.dump() << (golden.note.empty() ? "" : "; " + golden.note));
    std::vector<Tensor> inputs;
    for (std::size_t i = 0; i < golden.inputs.size(); ++i) {
        inputs.push_back(golden.inputs[i].clone());
        if (golden.grads[i].defined()) inputs[i].set_requires_grad();
    }
    const Tensor output = function(inputs);
    check_close(output, golden.output, rtol, atol);
    backward(output, {.grad_output = golden.upstream});
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!golden.grads[i].defined()) continue;
        INFO("gradient of input " << i);
        check_close(inputs[i].grad(), golden.grads[i], rtol, atol);
    }
}

}  // namespace knoll

#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>

namespace knoll::apps {

namespace {

using Unary = Tensor (*)(const Tensor&);

TensorsFunction of_one(Unary f) {
    return [f](const std::vector<Tensor>& in) { return f(in[0]); };
}

}  // namespace

std::vector<CheckRecord> elementwise_records() {
    RecordList list{"op"};
    const Shape shape{2, 3};
    const std::vector<std::pair<const char*, Unary>> smooth{
        {"exp", exp},         {"expm1", expm1},       {"square", square},           {"sin", sin},  {"cos", cos}, {"tanh", tanh},
        {"sigmoid", sigmoid}, {"softplus", softplus}, {"log_sigmoid", log_sigmoid}, {"silu", silu}};
    for (const auto& [name, f] : smooth) list.add(name, "", {normal_input(shape)}, of_one(f));
    const std::vector<std::pair<const char*, Unary>> on_positive{{"log", log}, {"log1p", log1p}, {"sqrt", sqrt}};
    for (const auto& [name, f] : on_positive) list.add(name, "", {positive_input(shape)}, of_one(f));
    const std::vector<std::pair<const char*, Unary>> with_kink{{"abs", abs}, {"relu", relu}};
    for (const auto& [name, f] : with_kink) list.add(name, "", {nonzero_input(shape)}, of_one(f));

    list.add("operator-", "negation", {normal_input(shape)}, [](const auto& in) { return -in[0]; });
    list.add("leaky_relu", "slope 0.2", {nonzero_input(shape)}, [](const auto& in) { return leaky_relu(in[0], 0.2); });
    list.add("gelu", "exact", {normal_input(shape)}, [](const auto& in) { return gelu(in[0]); });
    list.add("gelu", "tanh", {normal_input(shape)}, [](const auto& in) { return gelu(in[0], GeluForm::tanh); });
    list.add("elu", "alpha 0.7", {nonzero_input(shape)}, [](const auto& in) { return elu(in[0], 0.7); });
    list.add("clamp", "", {nonzero_input(shape)}, [](const auto& in) { return clamp(3.0 * in[0], -2.0, 2.5); });
    list.add("pow", "exponent 3", {normal_input(shape)}, [](const auto& in) { return pow(in[0], 3.0); });
    list.add("pow", "exponent -0.5", {positive_input(shape)}, [](const auto& in) { return pow(in[0], -0.5); });
    return list.take();
}

}  // namespace knoll::apps

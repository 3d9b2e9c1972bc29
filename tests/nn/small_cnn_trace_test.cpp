// Ten steps of a small convolutional net against a trace that PyTorch made in f64 from the same start.
#include "nn/check_layer.h"
#include "support/golden_file.h"
#include "support/golden_ops.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <memory>
#include <string_view>

using namespace knoll;

namespace {

using Json = nlohmann::json;

nn::StateDict golden_state(const Json& json) {
    nn::StateDict state;
    for (const auto& [name, value] : json.items()) {
        const bool is_count = std::string_view(name).ends_with("num_batches_tracked");
        state.emplace_back(name, golden_tensor(value).to(is_count ? DType::i64 : DType::f64));
    }
    return state;
}

// The file's images are nested lists [6, 1, 8, 8].
Tensor images_at(const Json& nested) {
    std::vector<double> values;
    for (const auto& image : nested)
        for (const auto& channel : image)
            for (const auto& row : channel)
                for (const double value : row) values.push_back(value);
    return tensor(values, {6, 1, 8, 8}, DType::f64);
}

std::unique_ptr<nn::Optimizer> make_optimizer(const Json& options, const std::vector<Tensor>& parameters) {
    const std::string kind = options.at("class");
    const double rate = options.at("lr"), decay = options.at("weight_decay");
    if (kind == "SGD")
        return std::make_unique<nn::SGD>(
            parameters, nn::SGDOptions{.learning_rate = rate, .momentum = options.at("momentum"), .nesterov = options.at("nesterov"), .weight_decay = decay});
    if (kind == "RMSprop")
        return std::make_unique<nn::RMSprop>(
            parameters,
            nn::RMSpropOptions{
                .learning_rate = rate, .alpha = options.at("alpha"), .epsilon = options.at("eps"), .momentum = options.at("momentum"), .weight_decay = decay});
    const double beta1 = options.at("betas")[0], beta2 = options.at("betas")[1], epsilon = options.at("eps");
    if (kind == "AdamW")
        return std::make_unique<nn::AdamW>(parameters,
                                           nn::AdamWOptions{.learning_rate = rate, .beta1 = beta1, .beta2 = beta2, .epsilon = epsilon, .weight_decay = decay});
    REQUIRE(kind == "Adam");
    return std::make_unique<nn::Adam>(parameters,
                                      nn::AdamOptions{.learning_rate = rate, .beta1 = beta1, .beta2 = beta2, .epsilon = epsilon, .weight_decay = decay});
}

}  // namespace

TEST_CASE("ten steps of a small net follow PyTorch's trace with every optimiser") {
    static const Json golden = golden_file("small_cnn_trace");
    const std::string run = GENERATE("sgd", "adamw", "adam", "rmsprop");
    INFO(run);
    nn::Sequential net{nn::Conv2d{1, 4, {.padding = 1}},
                       nn::BatchNorm2d{4},
                       nn::ReLU{},
                       nn::MaxPool2d{2},
                       nn::Conv2d{4, 8, {.stride = 2, .padding = 1, .groups = 2}},
                       nn::ReLU{},
                       nn::Flatten{},
                       nn::Linear{32, 16},
                       nn::Tanh{},
                       nn::Linear{16, 5}};
    net.to(DType::f64);
    net.load_state_dict(golden_state(golden.at("initial")));
    const auto optimizer = make_optimizer(golden.at("runs").at(run).at("options"), net.parameters());
    for (std::size_t t = 0; t < golden.at("images").size(); ++t) {
        const std::vector<std::int64_t> classes = golden.at("labels")[t];
        const Tensor labels = reshape(from_data<std::int64_t>({6}, classes), {6, 1});
        const Tensor loss = -mean(gather(log_softmax(net(images_at(golden.at("images")[t])), 1), 1, labels));
        CHECK(loss.item() == Approx(golden.at("runs").at(run).at("losses")[t].get<double>()).epsilon(1e-9));
        optimizer->zero_grad();
        backward(loss);
        optimizer->step();
    }
    const nn::StateDict state = net.state_dict();
    for (const auto& [name, expected] : golden_state(golden.at("runs").at(run).at("final"))) {
        INFO(name);
        // The gradient of a bias before batch norm is rounding error alone, which all but SGD divide by its own size; the
        // running mean follows that bias.
        const double tolerance = (name == "0.bias" || name == "1.running_mean") && run != "sgd" ? 1e-7 : 1e-9;
        check_close(find_tensor(state, name).to(DType::f64), expected, tolerance, tolerance);
    }
}

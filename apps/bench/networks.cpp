#include <knoll/apps/bench/workload.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/random.h>
#include <knoll/losses/cross_entropy.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/models/models.h>
#include <knoll/nn/optim/sgd.h>

#include <memory>

namespace knoll::apps {

namespace {

nn::Sequential cnn() {
    return nn::Sequential{nn::Conv2d{1, 32, {.kernel = 3, .padding = 1}},
                          nn::ReLU{},
                          nn::MaxPool2d{2},
                          nn::Conv2d{32, 64, {.kernel = 3, .padding = 1}},
                          nn::ReLU{},
                          nn::MaxPool2d{2},
                          nn::Flatten{},
                          nn::Linear{3136, 128},
                          nn::ReLU{},
                          nn::Linear{128, 10}};
}

class Training {
public:
    Training(nn::Sequential net, const Shape& shape) : net_(std::move(net)), optimizer_(initialized_parameters(), {.learning_rate = rate, .momentum = 0.9}) {
        Rng rng{2};
        images_ = rand(shape, rng);
        labels_ = choice(10, shape[0], true, rng);
    }

    void step() {
        const Tensor value = loss_(net_(images_), labels_);
        optimizer_.zero_grad();
        backward(value);
        optimizer_.step();
    }

private:
    // So small that the weights stay where they are for any number of steps: no step is odd.
    static constexpr double rate = 1e-6;

    std::vector<Tensor> initialized_parameters() {
        Rng rng{1};
        net_.initialize(rng);
        return net_.parameters();
    }

    nn::Sequential net_;
    nn::SGD optimizer_;
    losses::CrossEntropy loss_;
    Tensor images_;
    Tensor labels_;
};

// A network's products cost as much again for each of the two gradients, of inputs and of weights; the first layer needs the one
// of weights alone.
Workload network(const std::string& name, const Shape& shape, double products, double first_product, nn::Sequential (*make)()) {
    const double per_image = 2 * (3 * products - first_product);
    return {.name = name, .batch = shape[0], .shape = shape, .operations = per_image * static_cast<double>(shape[0]), .prepare = [make, shape] {
                return training_step(make(), shape);
            }};
}

}  // namespace

std::function<void()> training_step(nn::Sequential net, const Shape& images) {
    const auto training = std::make_shared<Training>(std::move(net), images);
    return [training] { training->step(); };
}

Workload lenet5_workload(std::int64_t batch) {
    constexpr double first = 28 * 28 * 6 * 25;
    constexpr double all = first + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10;
    return network("lenet5", {batch, 1, 28, 28}, all, first, [] { return nn::models::lenet5({}); });
}

Workload cnn_workload(std::int64_t batch) {
    constexpr double first = 28 * 28 * 32 * 9;
    constexpr double all = first + 14 * 14 * 64 * 288 + 3136 * 128 + 128 * 10;
    return network("cnn", {batch, 1, 28, 28}, all, first, cnn);
}

std::vector<Workload> network_workloads() {
    constexpr double mlp_first = 784 * 256;
    constexpr double mlp_all = mlp_first + 256 * 10;
    // Three stages of six convolutions with 32^2 * 16 * 144 products each; where channels double, the first and the shortcut have fewer.
    constexpr double resnet_first = 32 * 32 * 16 * 27;
    constexpr double resnet_stage = 32 * 32 * 16 * 144;
    constexpr double resnet_all = resnet_first + 17 * resnet_stage + 16 * 16 * 32 * 16 + 8 * 8 * 64 * 32 + 640;
    return {network("mlp", {128, 1, 28, 28}, mlp_all, mlp_first, [] { return nn::models::mlp({}); }), lenet5_workload(1), lenet5_workload(64),
            cnn_workload(128),
            network("resnet20", {128, 3, 32, 32}, resnet_all, resnet_first, [] { return nn::models::resnet20({.channels = 3, .size = 32, .classes = 10}); })};
}

}  // namespace knoll::apps

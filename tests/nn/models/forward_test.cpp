// What a model computes, written out in ops from its parameters by name: layers in their order, strides, paddings, what lies between.
#include "support/close.h"

#include <knoll/core/core.h>
#include <knoll/nn/models/models.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

// A model in f64 with parameters and running statistics of their own.
class NamedModel {
public:
    explicit NamedModel(nn::Sequential net) : net_(std::move(net)) {
        net_.to(DType::f64);
        Rng rng{7};
        net_.initialize(rng);
        const NoGrad no_grad;
        for (auto& [name, tensor] : net_.state_dict())
            if (is_floating(tensor.dtype())) {
                Tensor values = tensor;
                values += name.ends_with("running_var") ? rand(tensor.shape(), rng, DType::f64) : 0.1 * randn(tensor.shape(), rng, DType::f64);
            }
        state_ = net_.state_dict();
    }

    Tensor operator()(const Tensor& x) { return net_(x); }
    void train(bool on) { net_.train(on); }
    Tensor at(const std::string& name) const { return find_tensor(state_, name).detach(); }

    Tensor normalized(const std::string& name, const Tensor& x, bool training) const {
        return batch_norm(x, at(name + ".weight"), at(name + ".bias"), at(name + ".running_mean").clone(), at(name + ".running_var").clone(),
                          {.training = training});
    }
    Tensor dense(const std::string& name, const Tensor& x) const { return linear(x, at(name + ".weight"), at(name + ".bias")); }

private:
    nn::Sequential net_;
    nn::StateDict state_;
};

Tensor model_images(const Shape& shape) {
    Rng rng{8};
    return randn(shape, rng, DType::f64);
}

// relu(shortcut + bn2(conv2(relu(bn1(conv1(x)))))), He et al. 2016.
Tensor residual_block(const NamedModel& net, const std::string& name, const Tensor& x, std::int64_t stride, bool projected, bool training) {
    const Tensor inner = relu(net.normalized(name + ".bn1", conv2d(x, net.at(name + ".conv1.weight"), {}, {.stride = stride, .padding = 1}), training));
    const Tensor outer = net.normalized(name + ".bn2", conv2d(inner, net.at(name + ".conv2.weight"), {}, {.padding = 1}), training);
    const Tensor shortcut =
        projected ? net.normalized(name + ".downsample.1", conv2d(x, net.at(name + ".downsample.0.weight"), {}, {.stride = stride}), training) : x;
    return relu(outer + shortcut);
}

}  // namespace

TEST_CASE("lenet5 is two convolutions, each with a ReLU and max pooling, and three linear layers") {
    NamedModel net(nn::models::lenet5({.channels = 2, .size = 20, .classes = 7}));
    const Tensor x = model_images({3, 2, 20, 20});
    Tensor y = max_pool2d(relu(conv2d(x, net.at("0.weight"), net.at("0.bias"), {.padding = 2})), {.kernel = 2});
    y = flatten(max_pool2d(relu(conv2d(y, net.at("3.weight"), net.at("3.bias"))), {.kernel = 2}), 1);
    y = net.dense("11", relu(net.dense("9", relu(net.dense("7", y)))));
    check_close(net(x), y, 1e-12, 1e-12);
}

TEST_CASE("mlp is linear layers with a ReLU between them") {
    NamedModel net(nn::models::mlp({.channels = 2, .size = 5, .classes = 4, .hidden = {9, 6}}));
    const Tensor x = model_images({3, 2, 5, 5});
    check_close(net(x), net.dense("5", relu(net.dense("3", relu(net.dense("1", flatten(x, 1)))))), 1e-12, 1e-12);
}

TEST_CASE("small_cnn is four convolutions, each with pooling, normalisation and a ReLU, and a linear layer, in training and after it") {
    const bool training = GENERATE(true, false);
    NamedModel net(nn::models::small_cnn({.channels = 2, .size = 18, .classes = 5}));
    net.train(training);
    const Tensor x = model_images({3, 2, 18, 18});
    Tensor y = x;
    // 18 pixels, then 9, 4 and 2: the last convolution has no pooling.
    for (const auto& [convolution, normalization, pooled] :
         {std::tuple{"0", "2", true}, std::tuple{"4", "6", true}, std::tuple{"8", "10", true}, std::tuple{"12", "13", false}}) {
        y = conv2d(y, net.at(std::string(convolution) + ".weight"), {}, {.padding = 1});
        y = relu(net.normalized(normalization, pooled ? max_pool2d(y, {.kernel = 2}) : y, training));
    }
    check_close(net(x), net.dense("16", flatten(y, 1)), 1e-11, 1e-11);
}

TEST_CASE("resnet20 is a convolution, nine residual blocks of which two halve the image, its mean and a linear layer, in training and after it") {
    const bool training = GENERATE(true, false);
    NamedModel net(nn::models::resnet20({.channels = 2, .size = 9, .classes = 5}));
    net.train(training);
    const Tensor x = model_images({3, 2, 9, 9});
    Tensor y = relu(net.normalized("bn1", conv2d(x, net.at("conv1.weight"), {}, {.padding = 1}), training));
    for (const int stage : {1, 2, 3})
        for (const int block : {0, 1, 2}) {
            const bool first = stage > 1 && block == 0;
            y = residual_block(net, text("layer", stage, ".", block), y, first ? 2 : 1, first, training);
        }
    check_close(net(x), net.dense("fc", mean(y, {2, 3})), 1e-9, 1e-9);
}

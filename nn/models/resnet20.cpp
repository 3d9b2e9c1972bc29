#include <knoll/nn/layers/layers.h>
#include <knoll/nn/models/check.h>
#include <knoll/nn/models/models.h>

namespace knoll::nn::models {

namespace {

// relu(shortcut(x) + bn2(conv2(relu(bn1(conv1(x)))))). A 1x1 convolution is the shortcut where the shape changes.
class BasicBlock final : public Module {
public:
    BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride)
        : conv1_(in, out, {.kernel = 3, .stride = stride, .padding = 1, .bias = false}),
          bn1_(out),
          conv2_(out, out, {.kernel = 3, .padding = 1, .bias = false}),
          bn2_(out) {
        if (in != out || stride != 1) downsample_ = Sequential{Conv2d{in, out, {.kernel = 1, .stride = stride, .bias = false}}, BatchNorm2d{out}};
    }

    Tensor forward(const Tensor& x) override { return bn2_.forward_relu(conv2_(bn1_.forward_relu(conv1_(x))), downsample_(x)); }

private:
    void describe(Fields& fields) override {
        fields.child("conv1", conv1_);
        fields.child("bn1", bn1_);
        fields.child("conv2", conv2_);
        fields.child("bn2", bn2_);
        fields.child("downsample", downsample_);
    }

    Conv2d conv1_;
    BatchNorm2d bn1_;
    Conv2d conv2_;
    BatchNorm2d bn2_;
    Sequential downsample_;  // empty: the identity
};

Sequential stage(std::int64_t in, std::int64_t out, std::int64_t stride) {
    return {BasicBlock{in, out, stride}, BasicBlock{out, out, 1}, BasicBlock{out, out, 1}};
}

}  // namespace

Sequential resnet20(const ModelOptions& options) {
    check_options("resnet20", options, 4);
    Sequential net;
    net.append("conv1", Conv2d{options.channels, 16, {.kernel = 3, .padding = 1, .bias = false}});
    net.append("bn1", BatchNorm2d{16});
    net.append("relu", ReLU{});
    net.append("layer1", stage(16, 16, 1));
    net.append("layer2", stage(16, 32, 2));
    net.append("layer3", stage(32, 64, 2));
    net.append("avgpool", AdaptiveAvgPool2d{1});
    net.append("flatten", Flatten{});
    net.append("fc", Linear{64, options.classes});
    return net;
}

}  // namespace knoll::nn::models

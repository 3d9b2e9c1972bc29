// Small networks for small images. Each takes [N, channels, size, size] and gives logits [N, classes].
#pragma once

#include <knoll/nn/sequential.h>

namespace knoll::nn::models {

struct ModelOptions {
    std::int64_t channels = 1;
    std::int64_t size = 28;  ///< height and width of the images
    std::int64_t classes = 10;
};

struct MlpOptions {
    std::int64_t channels = 1;
    std::int64_t size = 28;
    std::int64_t classes = 10;
    std::vector<std::int64_t> hidden = {256};  ///< widths of the hidden layers
};

/// Linear layers with ReLU between them, on flattened images. For vectors of F features: channels F, size 1.
Sequential mlp(const MlpOptions& options = {});

/// LeNet-5 (LeCun et al. 1998) with ReLU and max pooling. Images of 12x12 or more.
Sequential lenet5(const ModelOptions& options = {});

/// Four 3x3 convolutions of 16, 32, 64 and 128 channels, each with 2x2 max pooling (down to 3x3 or less), batch norm and ReLU, then one
/// linear layer: 3.7 million multiply-adds for 32x32. Images of 4x4 or more.
Sequential small_cnn(const ModelOptions& options = {});

/// ResNet-20 for CIFAR (He et al. 2016): a 3x3 convolution, nine blocks of two at 16, 32 and 64 channels with 1x1 shortcuts where
/// the shape changes, mean over the image, linear. Parameters are named as in torchvision (layer1.0.conv1.weight).
Sequential resnet20(const ModelOptions& options = {.channels = 3, .size = 32, .classes = 10});

}  // namespace knoll::nn::models

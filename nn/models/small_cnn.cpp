#include <knoll/nn/layers/layers.h>
#include <knoll/nn/models/check.h>
#include <knoll/nn/models/models.h>

namespace knoll::nn::models {

Sequential small_cnn(const ModelOptions& options) {
    check_options("small_cnn", options, 4);
    Sequential net;
    std::int64_t channels = options.channels;
    std::int64_t size = options.size;
    for (const std::int64_t width : {16, 32, 64, 128}) {
        net.append(Conv2d{channels, width, {.padding = 1, .bias = false}});  // batch norm takes any bias away again
        if (size >= 4) {
            net.append(MaxPool2d{2});  // before the normalisation, which then has a quarter of the work
            size /= 2;
        }
        net.append(BatchNorm2d{width});
        net.append(ReLU{});
        channels = width;
    }
    net.append(Flatten{});
    net.append(Linear{channels * size * size, options.classes});
    return net;
}

}  // namespace knoll::nn::models

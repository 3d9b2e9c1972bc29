#include <knoll/nn/layers/layers.h>
#include <knoll/nn/models/check.h>
#include <knoll/nn/models/models.h>

namespace knoll::nn::models {

Sequential mlp(const MlpOptions& options) {
    check_options("mlp", options, 1);
    Sequential net{Flatten{}};
    std::int64_t features = options.channels * options.size * options.size;
    for (const std::int64_t width : options.hidden) {
        net.append(Linear{features, width});
        net.append(ReLU{});
        features = width;
    }
    net.append(Linear{features, options.classes});
    return net;
}

}  // namespace knoll::nn::models

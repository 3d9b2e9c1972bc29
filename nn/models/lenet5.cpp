#include <knoll/nn/layers/layers.h>
#include <knoll/nn/models/check.h>
#include <knoll/nn/models/models.h>

namespace knoll::nn::models {

Sequential lenet5(const ModelOptions& options) {
    check_options("lenet5", options, 12);
    const std::int64_t final_size = (options.size / 2 - 4) / 2;
    return {
        Conv2d{options.channels, 6, {.kernel = 5, .padding = 2}},
        ReLU{},
        MaxPool2d{2},
        Conv2d{6, 16, {.kernel = 5}},
        ReLU{},
        MaxPool2d{2},
        Flatten{},
        Linear{16 * final_size * final_size, 120},
        ReLU{},
        Linear{120, 84},
        ReLU{},
        Linear{84, options.classes},
    };
}

}  // namespace knoll::nn::models

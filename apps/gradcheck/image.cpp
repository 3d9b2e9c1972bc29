#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>

namespace knoll::apps {

namespace {

void add_convolution(RecordList& list, const char* variant, const Shape& x, const Shape& weight, const Conv2dOptions& options = {}) {
    list.add("conv2d", variant, {normal_input(x, 1), normal_input(weight, 2), normal_input({weight[0]}, 3)},
             [options](const auto& in) { return conv2d(in[0], in[1], in[2], options); });
}

void add_convolutions(RecordList& list) {
    add_convolution(list, "", {2, 2, 5, 4}, {3, 2, 3, 3});
    add_convolution(list, "padding", {1, 2, 4, 4}, {2, 2, 3, 3}, {.padding = 1});
    add_convolution(list, "1x1", {2, 3, 3, 3}, {2, 3, 1, 1});
    add_convolution(list, "stride 2 with a remainder", {1, 1, 6, 6}, {2, 1, 3, 3}, {.stride = 2});
    add_convolution(list, "stride 3, dilation 2, padding 2", {1, 1, 7, 8}, {2, 1, 3, 2}, {.stride = 3, .padding = 2, .dilation = 2});
    add_convolution(list, "groups", {1, 4, 4, 4}, {4, 2, 3, 3}, {.padding = 1, .groups = 2});
    add_convolution(list, "depthwise", {1, 3, 4, 4}, {3, 1, 3, 3}, {.padding = 1, .groups = 3});
    add_convolution(list, "few filters, wide", {1, 2, 3, 13}, {2, 2, 3, 3}, {.padding = 1});
    add_convolution(list, "kernel larger than the image, padding of its own on each side", {1, 2, 2, 3}, {2, 2, 5, 4}, {.padding = {3, 1}});
    const Tensor x = normal_input({1, 2, 3, 3});
    const Tensor weight = normal_input({2, 3, 3, 2}, 2);
    list.add("conv_transpose2d", "", {x, weight, normal_input({3}, 3)}, [](const auto& in) { return conv_transpose2d(in[0], in[1], in[2]); });
    list.add("conv_transpose2d", "stride 2, padding, output padding", {x, weight},
             [](const auto& in) { return conv_transpose2d(in[0], in[1], {}, {.stride = 2, .padding = 1, .output_padding = 1}); });
    list.add("conv_transpose2d", "groups", {x, normal_input({2, 2, 2, 2}, 2)},
             [](const auto& in) { return conv_transpose2d(in[0], in[1], {}, {.groups = 2}); });
    list.add("conv_transpose2d", "depthwise, stride 2", {x, normal_input({2, 1, 3, 2}, 2)},
             [](const auto& in) { return conv_transpose2d(in[0], in[1], {}, {.stride = 2, .groups = 2}); });
    list.add("conv_transpose2d", "stride 2, dilation 2", {x, weight, normal_input({3}, 3)},
             [](const auto& in) { return conv_transpose2d(in[0], in[1], in[2], {.stride = 2, .dilation = 2}); });
}

void add_pooling(RecordList& list) {
    const Tensor x = distinct_input({1, 2, 5, 4});
    list.add("max_pool2d", "", {x}, [](const auto& in) { return max_pool2d(in[0], {}); });
    list.add("max_pool2d", "kernel 3, stride 2, padding 1", {x}, [](const auto& in) { return max_pool2d(in[0], {.kernel = 3, .stride = 2, .padding = 1}); });
    list.add("avg_pool2d", "", {x}, [](const auto& in) { return avg_pool2d(in[0], {}); });
    list.add("avg_pool2d", "kernel 3, stride 2, padding not counted", {x},
             [](const auto& in) { return avg_pool2d(in[0], {.kernel = 3, .stride = 2, .padding = 1, .count_padding = false}); });
    list.add("avg_pool2d", "kernel 3x2, stride 1, padding counted", {x}, [](const auto& in) {
        return avg_pool2d(in[0], {.kernel = {3, 2}, .stride = 1, .padding = 1});
    });
    list.add("adaptive_avg_pool2d", "5x4 to 3x3", {x}, [](const auto& in) { return adaptive_avg_pool2d(in[0], 3); });
}

void add_normalization(RecordList& list) {
    const Tensor weight = positive_input({3}, 2);
    const Tensor bias = normal_input({3}, 3);
    list.add("batch_norm", "training", {normal_input({4, 3, 2}), weight, bias}, [](const auto& in) { return batch_norm(in[0], in[1], in[2], {}, {}); });
    list.add("batch_norm", "training, [N, C]", {normal_input({5, 3})}, [](const auto& in) { return batch_norm(in[0], {}, {}, {}, {}); });
    // As many as there are channels, and of their type.
    const auto mean = [](const Tensor& x) { return normal_input({x.size(1)}, 4).to(x.dtype()); };
    const auto variance = [](const Tensor& x) { return positive_input({x.size(1)}, 5).to(x.dtype()); };
    list.add("batch_norm", "evaluation", {normal_input({2, 3, 2, 2}), weight, bias},
             [=](const auto& in) { return batch_norm(in[0], in[1], in[2], mean(in[0]), variance(in[0]), {.training = false}); });
    const Tensor image = normal_input({2, 3, 2, 2}), shortcut = distinct_input({2, 3, 2, 2}, 6);
    list.add("batch_norm_relu", "training", {normal_input({4, 3, 2}), weight, bias},
             [](const auto& in) { return batch_norm_relu(in[0], in[1], in[2], {}, {}); });
    list.add("batch_norm_relu", "training, with a shortcut", {image, weight, bias, shortcut},
             [](const auto& in) { return batch_norm_relu(in[0], in[1], in[2], {}, {}, {}, in[3]); });
    list.add("batch_norm_relu", "evaluation, with a shortcut", {image, weight, bias, shortcut},
             [=](const auto& in) { return batch_norm_relu(in[0], in[1], in[2], mean(in[0]), variance(in[0]), {.training = false}, in[3]); });
    list.add("batch_norm_relu", "evaluation", {image, weight, bias},
             [=](const auto& in) { return batch_norm_relu(in[0], in[1], in[2], mean(in[0]), variance(in[0]), {.training = false}); });
    list.add("layer_norm", "", {normal_input({2, 4, 3}), weight, bias}, [](const auto& in) { return layer_norm(in[0], in[1].shape(), in[1], in[2]); });
    list.add("layer_norm", "two dimensions", {normal_input({2, 3, 2})}, [](const auto& in) { return layer_norm(in[0], {3, 2}); });
    list.add("group_norm", "", {normal_input({2, 4, 3}), positive_input({4}, 2), normal_input({4}, 3)},
             [](const auto& in) { return group_norm(in[0], 2, in[1], in[2]); });
}

}  // namespace

std::vector<CheckRecord> image_records() {
    RecordList list{"op"};
    add_convolutions(list);
    add_pooling(list);
    add_normalization(list);
    return list.take();
}

}  // namespace knoll::apps

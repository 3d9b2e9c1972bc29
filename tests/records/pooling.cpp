#include "records/image.h"
#include "records/references.h"

#include <knoll/core/ops/ops.h>

#include <algorithm>
#include <cmath>

namespace knoll::records {

namespace {

// The part of a window that lies in the image, along one dimension.
struct Range {
    std::int64_t begin, end;
};

Range window(std::int64_t at, std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
    const std::int64_t begin = at * stride - padding;
    return {std::max<std::int64_t>(0, begin), std::min(in, begin + kernel)};
}

Range adaptive_window(std::int64_t at, std::int64_t in, std::int64_t out) { return {at * in / out, ((at + 1) * in + out - 1) / out}; }

std::vector<double> pixels_in(const Naive& x, const Index& at, const Range& rows, const Range& columns) {
    std::vector<double> pixels;
    for (std::int64_t y = rows.begin; y < rows.end; ++y)
        for (std::int64_t z = columns.begin; z < columns.end; ++z) pixels.push_back(x.values[position(x.shape, {at[0], at[1], y, z})]);
    return pixels;
}

using PixelSummary = std::function<double(const std::vector<double>&)>;

Naive pooled(const Naive& x, const Pool2dOptions& options, const PixelSummary& summary) {
    const Size2 kernel = options.kernel, stride = options.stride.value_or(kernel), padding = options.padding;
    const Index shape{x.shape[0], x.shape[1], (x.shape[2] + 2 * padding.height - kernel.height) / stride.height + 1,
                      (x.shape[3] + 2 * padding.width - kernel.width) / stride.width + 1};
    return generate(shape, [&](const Index& at) {
        return summary(pixels_in(x, at, window(at[2], x.shape[2], kernel.height, stride.height, padding.height),
                                 window(at[3], x.shape[3], kernel.width, stride.width, padding.width)));
    });
}

Reference max_pooling(const Pool2dOptions& options) {
    return [options](const std::vector<Naive>& in) { return max_pooled(in[0], options); };
}

Reference average_pooling(const Pool2dOptions& options) {
    return [options](const std::vector<Naive>& in) { return average_pooled(in[0], options); };
}

std::vector<Inputs> images(std::initializer_list<Shape> shapes) {
    std::vector<Inputs> inputs;
    for (const Shape& shape : shapes) inputs.push_back({apps::distinct_input(shape, 2)});
    return inputs;
}

void expect_values(Expectations& book) {
    const auto for_kernel_2 = images({{0, 2, 5, 4}, {2, 0, 5, 4}, {1, 1, 2, 2}, {1, 5, 3, 37}, {2, 7, 17, 2}, {1, 1, 16, 16}});
    const auto for_kernel_3 = images({{0, 2, 5, 4}, {1, 1, 1, 1}, {2, 5, 17, 37}, {1, 7, 2, 19}});
    const Pool2dOptions strided{.kernel = 3, .stride = 2, .padding = 1};
    book.value("max_pool2d", "", max_pooling({})).also(for_kernel_2);
    book.value("max_pool2d", "kernel 3, stride 2, padding 1", max_pooling(strided)).also(for_kernel_3);
    book.value("avg_pool2d", "", average_pooling({})).also(for_kernel_2);
    book.value("avg_pool2d", "kernel 3, stride 2, padding not counted", average_pooling({.kernel = 3, .stride = 2, .padding = 1, .count_padding = false}))
        .also(for_kernel_3);
    book.value("avg_pool2d", "kernel 3x2, stride 1, padding counted", average_pooling({.kernel = {3, 2}, .stride = 1, .padding = 1})).also(for_kernel_3);
    book.value("adaptive_avg_pool2d", "5x4 to 3x3", [](const std::vector<Naive>& in) { return adaptive_average_pooled(in[0], 3); })
        .also(images({{0, 2, 5, 4}, {2, 0, 5, 4}, {1, 1, 1, 1}, {1, 1, 3, 3}, {2, 5, 2, 37}, {1, 7, 17, 3}}));
}

void refuse_images(Expectations& book, const std::string& op, const std::function<void(const Tensor&)>& call) {
    book.refuse(
        op,
        [=] {
            call(zeros({2, 4, 4}));
        },
        "[" + op + "] expected x of shape [N, C, H, W], got [2, 4, 4]; add a batch dimension with unsqueeze(x, 0)");
    book.refuse(
        op, [=] { call(zeros({4})); }, "[" + op + "] expected x of shape [N, C, H, W], got [4]");
    book.refuse(
        op,
        [=] {
            call(zeros({1, 2, 4, 4}, DType::i64));
        },
        "[" + op + "] expected f32 or f64, got i64; convert with .to(DType::f32)");
}

void refuse_windows(Expectations& book, const std::string& op, Tensor (*pool)(const Tensor&, const Pool2dOptions&)) {
    const auto with = [pool](const Pool2dOptions& options, const Shape& shape = {1, 2, 4, 4}) { return [=] { pool(zeros(shape), options); }; };
    refuse_images(book, op, [pool](const Tensor& x) { pool(x, {}); });
    book.refuse(op, with({.kernel = {2, 0}}), "[" + op + "] expected a kernel of at least 1 x 1, got (2, 0)");
    book.refuse(op, with({.stride = 0}), "[" + op + "] expected a stride of at least 1, got (0, 0)");
    book.refuse(op, with({.kernel = 3, .padding = {1, 2}}), "[" + op + "] expected a padding of at least 0 and at most half the kernel (3, 3), got (1, 2)");
    book.refuse(op, with({.padding = -1}), "[" + op + "] expected a padding of at least 0 and at most half the kernel (2, 2), got (-1, -1)");
    book.refuse(op, with({.kernel = 5}), "[" + op + "] expected x [N, C, H, W] of at least 5 x 5 pixels with its padding, got 4 x 4 from x [1, 2, 4, 4]");
    book.refuse(op, with({.kernel = 2, .padding = 1}, {1, 2, 0, 4}), "[" + op + "] expected x [N, C, H, W] with pixels, got [1, 2, 0, 4]");
}

}  // namespace

Naive max_pooled(const Naive& x, const Pool2dOptions& options) { return pooled(x, options, largest_of); }

Naive average_pooled(const Naive& x, const Pool2dOptions& options) {
    const auto area = static_cast<double>(options.kernel.height * options.kernel.width);
    return pooled(x, options, [&](const std::vector<double>& pixels) { return options.count_padding ? sum_of(pixels) / area : mean_of(pixels); });
}

Naive adaptive_average_pooled(const Naive& x, const Size2& output) {
    return generate({x.shape[0], x.shape[1], output.height, output.width}, [&](const Index& at) {
        return mean_of(pixels_in(x, at, adaptive_window(at[2], x.shape[2], output.height), adaptive_window(at[3], x.shape[3], output.width)));
    });
}

void expect_pooling(Expectations& book) {
    expect_values(book);
    refuse_windows(book, "max_pool2d", max_pool2d);
    refuse_windows(book, "avg_pool2d", avg_pool2d);
    const std::string op = "adaptive_avg_pool2d";
    refuse_images(book, op, [](const Tensor& x) { adaptive_avg_pool2d(x, 2); });
    book.refuse(
        op,
        [] {
            adaptive_avg_pool2d(zeros({1, 2, 4, 4}), {0, 2});
        },
        "[adaptive_avg_pool2d] expected a result of at least 1 x 1, got (0, 2)");
    book.refuse(
        op,
        [] {
            adaptive_avg_pool2d(zeros({1, 2, 4, 0}), 2);
        },
        "[adaptive_avg_pool2d] expected x [N, C, H, W] with pixels, got [1, 2, 4, 0]");
}

}  // namespace knoll::records

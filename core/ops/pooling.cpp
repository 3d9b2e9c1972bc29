// Pooling is linear once it is known which pixels count: each op here has an adjoint, and the two are each other's gradients.
#include <knoll/core/kernels/pooling.h>
#include <knoll/core/ops/pooling.h>
#include <knoll/core/record.h>
#include <knoll/core/storage.h>

#include <limits>
#include <memory>

namespace knoll {

namespace {

using kernels::AveragePooling;
using kernels::MaxPooling;
using kernels::Windows;

// Where in its plane each output was found; four bytes each.
using Positions = std::shared_ptr<const Storage>;

const std::int32_t* position_data(const Positions& positions) { return static_cast<const std::int32_t*>(positions->data); }

struct Planes {
    Shape in, out;

    std::int64_t count() const { return in[0] * in[1]; }
    std::int64_t pixels() const { return in[2] * in[3]; }
    std::int64_t positions() const { return out[2] * out[3]; }
};

Tensor scatter(const Tensor& out, const Planes& planes, const Positions& positions);

Tensor gather(const Tensor& x, const Planes& planes, const Positions& positions) {
    Tensor out = empty(planes.out, x.dtype());
    visit_floating("max_pool2d_gather", x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::gather_planes(planes.count(), planes.pixels(), planes.positions(), x.data<T>().data(), position_data(positions), out.fresh_data<T>());
    });
    return record("max_pool2d_gather", std::move(out), gradient(x, [planes, positions](const Tensor& g) { return scatter(g, planes, positions); }));
}

Tensor scatter(const Tensor& out, const Planes& planes, const Positions& positions) {
    Tensor x = empty(planes.in, out.dtype());
    visit_floating("max_pool2d_scatter", out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::scatter_planes(planes.count(), planes.pixels(), planes.positions(), out.data<T>().data(), position_data(positions), x.fresh_data<T>());
    });
    return record("max_pool2d_scatter", std::move(x), gradient(out, [planes, positions](const Tensor& g) { return gather(g, planes, positions); }));
}

using Averages = std::shared_ptr<const AveragePooling>;

Tensor spread(const Tensor& out, const Planes& planes, const Averages& pooling);

Tensor average(const char* name, const Tensor& x, const Planes& planes, const Averages& pooling) {
    Tensor out = empty(planes.out, x.dtype());
    visit_floating(name, x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::average_pool(*pooling, x.data<T>().data(), out.fresh_data<T>());
    });
    return record(name, std::move(out), gradient(x, [planes, pooling](const Tensor& g) { return spread(g, planes, pooling); }));
}

Tensor spread(const Tensor& out, const Planes& planes, const Averages& pooling) {
    Tensor x = empty(planes.in, out.dtype());
    visit_floating("avg_pool2d_adjoint", out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::average_pool_adjoint(*pooling, out.data<T>().data(), x.fresh_data<T>());
    });
    return record("avg_pool2d_adjoint", std::move(x), gradient(out, [planes, pooling](const Tensor& g) { return average("avg_pool2d", g, planes, pooling); }));
}

void require_images(const char* op, const Tensor& x) {
    require<ShapeError>(x.rank() == 4, "[", op, "] expected x of shape [N, C, H, W], got ", x.shape(),
                        x.rank() == 3 ? "; add a batch dimension with unsqueeze(x, 0)" : "");
    require<DTypeError>(is_floating(x.dtype()), "[", op, "] expected f32 or f64, got ", x.dtype(), "; convert with .to(DType::f32)");
    require<ShapeError>(x.size(2) > 0 && x.size(3) > 0, "[", op, "] expected x [N, C, H, W] with pixels, got ", x.shape());
}

// The number of windows along height and width.
Size2 pooled_size(const char* op, const Tensor& x, const Pool2dOptions& options, const Size2& stride) {
    const Size2 kernel = options.kernel, padding = options.padding;
    require<ValueError>(kernel.height > 0 && kernel.width > 0, "[", op, "] expected a kernel of at least 1 x 1, got ", to_text(kernel));
    require<ValueError>(stride.height > 0 && stride.width > 0, "[", op, "] expected a stride of at least 1, got ", to_text(stride));
    require<ValueError>(padding.height >= 0 && padding.width >= 0 && 2 * padding.height <= kernel.height && 2 * padding.width <= kernel.width, "[", op,
                        "] expected a padding of at least 0 and at most half the kernel ", to_text(kernel), ", got ", to_text(padding));
    const Size2 padded{x.size(2) + 2 * padding.height, x.size(3) + 2 * padding.width};
    require<ShapeError>(kernel.height <= padded.height && kernel.width <= padded.width, "[", op, "] expected x [N, C, H, W] of at least ", kernel.height, " x ",
                        kernel.width, " pixels with its padding, got ", padded.height, " x ", padded.width, " from x ", x.shape());
    return {(padded.height - kernel.height) / stride.height + 1, (padded.width - kernel.width) / stride.width + 1};
}

Windows regular_windows(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t padding, bool count_padding) {
    Windows windows;
    for (std::int64_t i = 0; i < out; ++i) {
        const std::int64_t begin = i * stride - padding;
        const std::int64_t first = std::max<std::int64_t>(0, begin), last = std::min(in, begin + kernel);
        windows.push_back({first, last, count_padding ? kernel : last - first});
    }
    return windows;
}

// Window i covers floor(i * in / out) to ceil((i + 1) * in / out): neighbours overlap where out does not divide in.
Windows adaptive_windows(std::int64_t in, std::int64_t out) {
    Windows windows;
    for (std::int64_t i = 0; i < out; ++i) {
        const std::int64_t begin = i * in / out, end = ((i + 1) * in + out - 1) / out;
        windows.push_back({begin, end, end - begin});
    }
    return windows;
}

Planes pooled_planes(const Tensor& x, const Size2& out) { return {x.shape(), {x.size(0), x.size(1), out.height, out.width}}; }

}  // namespace

Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options) {
    require_images("max_pool2d", x);
    const Size2 stride = options.stride.value_or(options.kernel);
    const Size2 size = pooled_size("max_pool2d", x, options, stride);
    const Planes planes = pooled_planes(x, size);
    require<ShapeError>(planes.pixels() <= std::numeric_limits<std::int32_t>::max(), "[max_pool2d] expected planes of less than 2^31 pixels, got ", x.shape());
    const MaxPooling pooling{planes.count(), {x.size(2), x.size(3)}, size, options.kernel, stride, options.padding};
    Tensor out = empty(planes.out, x.dtype());
    const auto positions = std::allocate_shared<Storage>(SmallAllocator<Storage>{}, static_cast<std::size_t>(out.numel()) * sizeof(std::int32_t));
    visit_floating("max_pool2d", x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::max_pool(pooling, x.data<T>().data(), out.fresh_data<T>(), static_cast<std::int32_t*>(positions->data));
    });
    return record("max_pool2d", std::move(out),
                  gradient(x, [planes, positions = Positions(positions)](const Tensor& g) { return scatter(g, planes, positions); }));
}

Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options) {
    require_images("avg_pool2d", x);
    const Size2 kernel = options.kernel, padding = options.padding;
    const Size2 stride = options.stride.value_or(kernel);
    const Size2 size = pooled_size("avg_pool2d", x, options, stride);
    const Planes planes = pooled_planes(x, size);
    const auto pooling = std::allocate_shared<AveragePooling>(SmallAllocator<AveragePooling>{});
    pooling->planes = planes.count();
    pooling->in = {x.size(2), x.size(3)};
    pooling->rows = regular_windows(x.size(2), size.height, kernel.height, stride.height, padding.height, options.count_padding);
    pooling->columns = regular_windows(x.size(3), size.width, kernel.width, stride.width, padding.width, options.count_padding);
    return average("avg_pool2d", x, planes, pooling);
}

Tensor adaptive_avg_pool2d(const Tensor& x, const Size2& output) {
    require_images("adaptive_avg_pool2d", x);
    require<ValueError>(output.height > 0 && output.width > 0, "[adaptive_avg_pool2d] expected a result of at least 1 x 1, got ", to_text(output));
    const auto pooling = std::allocate_shared<AveragePooling>(SmallAllocator<AveragePooling>{});
    const Planes planes = pooled_planes(x, output);
    pooling->planes = planes.count();
    pooling->in = {x.size(2), x.size(3)};
    pooling->rows = adaptive_windows(x.size(2), output.height);
    pooling->columns = adaptive_windows(x.size(3), output.width);
    return average("adaptive_avg_pool2d", x, planes, pooling);
}

}  // namespace knoll

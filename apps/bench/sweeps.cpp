#include <knoll/apps/bench/sweeps.h>

#include <knoll/apps/bench/measure.h>
#include <knoll/apps/bench/schedule.h>
#include <knoll/apps/bench/workload.h>
#include <knoll/core/autograd.h>
#include <knoll/core/memory.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/parallel.h>
#include <knoll/nn/layers/convolution.h>
#include <knoll/nn/models/models.h>

#include <algorithm>
#include <array>
#include <thread>

namespace knoll::apps {

namespace {

using Step = std::function<void()>;
using Prepare = std::function<Step()>;

// On as many threads as are set.
SweepPoint measure(std::int64_t value, double work, const Prepare& prepare, double seconds) {
    release_cached_memory();  // of the point before
    const Step step = prepare();
    reset_peak_memory();
    const double time = median_milliseconds(step, seconds);
    return {.value = static_cast<double>(value), .work = work, .milliseconds = time, .mebibytes = static_cast<double>(memory_statistics().peak) / (1 << 20)};
}

Sweep batch_sweep(double seconds) {
    set_num_threads(1);
    Sweep sweep{.axis = "images in a batch", .unit = "µs per image", .per_millisecond = 1e3};
    for (Workload (*make)(std::int64_t) : {lenet5_workload, cnn_workload}) {
        Curve& curve = sweep.curves.emplace_back(Curve{.name = make(1).name, .points = {}});
        for (std::int64_t batch = 1; batch <= 256; batch *= 2) curve.points.push_back(measure(batch, static_cast<double>(batch), make(batch).prepare, seconds));
    }
    return sweep;
}

Sweep size_sweep(double seconds) {
    set_num_threads(1);
    constexpr std::int64_t batch = 32;
    Curve curve{.name = "small_cnn, batch 32", .points = {}};
    for (const std::int64_t size : {16, 24, 32, 48, 64, 96, 128}) {
        const Prepare prepare = [=] { return training_step(nn::models::small_cnn({.size = size}), {batch, 1, size, size}); };
        curve.points.push_back(measure(size, static_cast<double>(batch * size * size), prepare, seconds));
    }
    return {.axis = "height and width of images", .unit = "ns per pixel", .per_millisecond = 1e6, .curves = {curve}};
}

// Forward and both gradients.
Step convolution_step(std::int64_t channels, const Shape& shape) {
    Rng rng{1};
    nn::Conv2d layer{channels, channels, {.kernel = 3, .padding = 1}};
    layer.initialize(rng);
    const Tensor x = randn(shape, rng).set_requires_grad();
    const Tensor upstream = randn(shape, rng);
    return [=]() mutable { grad({layer(x)}, {x, layer.weight, layer.bias}, {.grad_outputs = {upstream}}); };
}

Sweep channel_sweep(double seconds) {
    set_num_threads(1);
    constexpr std::int64_t batch = 32, size = 16, taps = 9;
    Curve curve{.name = "3x3 convolution of 16x16 images, batch 32", .points = {}};
    for (std::int64_t channels = 8; channels <= 256; channels *= 2) {
        const auto products = static_cast<double>(3 * batch * size * size * taps * channels * channels);
        const Prepare prepare = [=] { return convolution_step(channels, {batch, channels, size, size}); };
        curve.points.push_back(measure(channels, products, prepare, seconds));
    }
    return {.axis = "channels in and out", .unit = "ps per multiply-add", .per_millisecond = 1e9, .curves = {curve}};
}

Sweep class_sweep(double seconds) {
    set_num_threads(1);
    constexpr std::int64_t logits = 1'000'000;
    Sweep sweep{.axis = "classes", .unit = "ns per logit", .per_millisecond = 1e6};
    for (const char* name : {"hill", "cross_entropy", "cce", "complement_entropy"}) {
        Curve& curve = sweep.curves.emplace_back(Curve{.name = std::string("loss:") + name, .points = {}});
        for (std::int64_t classes = 10; classes <= 100'000; classes *= 10)
            curve.points.push_back(measure(classes, logits, loss_workload(name, {logits / classes, classes}).prepare, seconds));
    }
    return sweep;
}

// The work of a thread falls as their number grows.
Curve measured_on_threads(const Workload& workload, double seconds) {
    Curve curve{.name = workload.name + ", measured", .points = {}};
    const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    for (int threads = 1; threads <= cores; threads *= 2) {
        set_num_threads(threads);
        curve.points.push_back(measure(threads, 1.0 / threads, workload.prepare, seconds));
    }
    return curve;
}

Curve simulated_on_threads(const Workload& workload, double seconds) {
    set_num_threads(1);
    const Step step = workload.prepare();
    const double time = median_milliseconds(step, seconds / 2);
    const Schedule schedule = record_schedule(step, static_cast<int>(std::clamp(1000 * seconds / 2 / time, 5.0, 200.0)));
    Curve curve{.name = workload.name + ", simulated", .points = {}};
    for (int threads = 1; threads <= 16; threads *= 2)
        curve.points.push_back({.value = static_cast<double>(threads), .work = 1.0 / threads, .milliseconds = schedule.milliseconds(threads)});
    return curve;
}

Sweep thread_sweep(double seconds) {
    Sweep sweep{.axis = "threads", .shared = true};
    std::vector<Workload> workloads = network_workloads();
    std::erase_if(workloads, [](const Workload& workload) { return workload.batch == 1 || workload.name == "mlp"; });
    workloads.push_back(loss_workload("hill", {1024, 1000}));
    for (const Workload& workload : workloads) {
        sweep.curves.push_back(measured_on_threads(workload, seconds));
        sweep.curves.push_back(simulated_on_threads(workload, seconds));
    }
    return sweep;
}

}  // namespace

std::span<const SweepEntry> sweeps() {
    static constexpr std::array<SweepEntry, 5> entries{
        {{"batch", batch_sweep}, {"size", size_sweep}, {"channels", channel_sweep}, {"classes", class_sweep}, {"threads", thread_sweep}}};
    return entries;
}

}  // namespace knoll::apps

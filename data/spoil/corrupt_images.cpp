#include <knoll/core/parallel.h>
#include <knoll/data/pixels.h>
#include <knoll/data/spoil/corrupt_images.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace knoll::data {

namespace {

constexpr int severities = 5;
using Strengths = std::array<double, severities>;

constexpr Strengths noise_deviation{0.06, 0.10, 0.16, 0.24, 0.34};
constexpr Strengths blur_deviation{0.5, 0.8, 1.1, 1.5, 2.0};  // pixels
constexpr Strengths contrast_left{0.6, 0.4, 0.25, 0.15, 0.08};
constexpr Strengths degrees{8, 16, 25, 35, 50};
constexpr std::array<std::int64_t, severities> block_side{2, 3, 4, 5, 7};  // pixels

using Plane = std::vector<double>;  // height x width numbers in 0..1

// One channel of an image under change.
struct Canvas {
    double* pixels;
    std::int64_t height, width;

    double& at(std::int64_t y, std::int64_t x) const { return pixels[y * width + x]; }
    double inside_or(std::int64_t y, std::int64_t x, double outside) const { return y < 0 || y >= height || x < 0 || x >= width ? outside : at(y, x); }
    double nearest(std::int64_t y, std::int64_t x) const { return at(std::clamp<std::int64_t>(y, 0, height - 1), std::clamp<std::int64_t>(x, 0, width - 1)); }
};

void add_noise(const Canvas& canvas, double deviation, Rng& rng) {
    for (std::int64_t i = 0; i < canvas.height * canvas.width; ++i) canvas.pixels[i] += deviation * rng.normal();
}

// Along rows or columns; beyond the border its last pixel goes on.
void smooth(const Canvas& canvas, const std::vector<double>& weights, std::int64_t down, std::int64_t right) {
    Plane before(canvas.pixels, canvas.pixels + canvas.height * canvas.width);
    const Canvas source{before.data(), canvas.height, canvas.width};
    const auto reach = static_cast<std::int64_t>(weights.size()) / 2;
    for (std::int64_t y = 0; y < canvas.height; ++y)
        for (std::int64_t x = 0; x < canvas.width; ++x) {
            double total = 0;
            for (std::int64_t k = -reach; k <= reach; ++k) total += weights[static_cast<std::size_t>(k + reach)] * source.nearest(y + k * down, x + k * right);
            canvas.at(y, x) = total;
        }
}

void blur(const Canvas& canvas, double deviation) {
    const auto reach = static_cast<std::int64_t>(std::ceil(3 * deviation));
    std::vector<double> weights;
    double total = 0;
    for (std::int64_t k = -reach; k <= reach; ++k) {
        weights.push_back(std::exp(-0.5 * static_cast<double>(k * k) / (deviation * deviation)));
        total += weights.back();
    }
    for (double& weight : weights) weight /= total;
    smooth(canvas, weights, 0, 1);
    smooth(canvas, weights, 1, 0);
}

double mean_of(const Canvas& canvas) {
    double total = 0;
    const std::int64_t area = canvas.height * canvas.width;
    for (std::int64_t i = 0; i < area; ++i) total += canvas.pixels[i];
    return total / static_cast<double>(area);
}

void lower_contrast(const Canvas& canvas, double left) {
    const double middle = mean_of(canvas);
    for (std::int64_t i = 0; i < canvas.height * canvas.width; ++i) canvas.pixels[i] = middle + left * (canvas.pixels[i] - middle);
}

void pixelate(const Canvas& canvas, std::int64_t side) {
    for (std::int64_t top = 0; top < canvas.height; top += side)
        for (std::int64_t from = 0; from < canvas.width; from += side) {
            const std::int64_t bottom = std::min(top + side, canvas.height), to = std::min(from + side, canvas.width);
            double total = 0;
            for (std::int64_t y = top; y < bottom; ++y)
                for (std::int64_t x = from; x < to; ++x) total += canvas.at(y, x);
            for (std::int64_t y = top; y < bottom; ++y)
                for (std::int64_t x = from; x < to; ++x) canvas.at(y, x) = total / static_cast<double>((bottom - top) * (to - from));
        }
}

// Each pixel is read where it was, between the four around that place.
void rotate(const Canvas& canvas, double radians) {
    Plane before(canvas.pixels, canvas.pixels + canvas.height * canvas.width);
    const Canvas source{before.data(), canvas.height, canvas.width};
    const double middle_y = static_cast<double>(canvas.height - 1) / 2, middle_x = static_cast<double>(canvas.width - 1) / 2;
    for (std::int64_t y = 0; y < canvas.height; ++y)
        for (std::int64_t x = 0; x < canvas.width; ++x) {
            const double dy = static_cast<double>(y) - middle_y, dx = static_cast<double>(x) - middle_x;
            const double from_y = middle_y + std::cos(radians) * dy - std::sin(radians) * dx;
            const double from_x = middle_x + std::sin(radians) * dy + std::cos(radians) * dx;
            const auto top = static_cast<std::int64_t>(std::floor(from_y)), left = static_cast<std::int64_t>(std::floor(from_x));
            const double v = from_y - static_cast<double>(top), u = from_x - static_cast<double>(left);
            canvas.at(y, x) = (1 - v) * ((1 - u) * source.inside_or(top, left, 0) + u * source.inside_or(top, left + 1, 0)) +
                              v * ((1 - u) * source.inside_or(top + 1, left, 0) + u * source.inside_or(top + 1, left + 1, 0));
        }
}

// All channels of an image one after the other; they turn to the same side.
void corrupt(const Canvas& first, std::int64_t channels, const CorruptionOptions& options, Rng& rng) {
    const auto level = static_cast<std::size_t>(options.severity - 1);
    const double side = options.corruption == Corruption::rotation && rng.bernoulli(0.5) ? -1.0 : 1.0;
    for (std::int64_t c = 0; c < channels; ++c) {
        const Canvas canvas{first.pixels + c * first.height * first.width, first.height, first.width};
        switch (options.corruption) {
            case Corruption::noise:
                add_noise(canvas, noise_deviation[level], rng);
                break;
            case Corruption::blur:
                blur(canvas, blur_deviation[level]);
                break;
            case Corruption::contrast:
                lower_contrast(canvas, contrast_left[level]);
                break;
            case Corruption::pixelate:
                pixelate(canvas, block_side[level]);
                break;
            case Corruption::rotation:
                rotate(canvas, side * degrees[level] * std::numbers::pi / 180);
                break;
        }
    }
}

// What a pixel counts in 0..1, and back.
double read_pixel(std::uint8_t pixel) { return brightness<double>(pixel); }
double read_pixel(float pixel) { return static_cast<double>(pixel); }
void write_pixel(std::uint8_t& pixel, double value) { pixel = to_byte(value); }
void write_pixel(float& pixel, double value) { pixel = static_cast<float>(std::clamp(value, 0.0, 1.0)); }

template <class Pixel>
Tensor corrupted(const LabeledImages& set, const CorruptionOptions& options) {
    const Tensor& images = set.images();
    Tensor out = empty(images.shape(), images.dtype());
    const Pixel* const from = images.data<Pixel>().data();
    auto* const into = out.fresh_data<Pixel>();
    const std::int64_t numel = set.example_shape().numel();
    const Rng draws{options.seed};
    parallel_for(set.count(), 64, [&](std::int64_t begin, std::int64_t end) {
        Plane pixels(static_cast<std::size_t>(numel));
        for (std::int64_t i = begin; i < end; ++i) {
            std::transform(from + i * numel, from + (i + 1) * numel, pixels.begin(), [](Pixel pixel) { return read_pixel(pixel); });
            Rng rng = draws.fork(static_cast<std::uint64_t>(i));
            corrupt({pixels.data(), set.height(), set.width()}, set.channels(), options, rng);
            for (std::int64_t j = 0; j < numel; ++j) write_pixel(into[i * numel + j], pixels[static_cast<std::size_t>(j)]);
        }
    });
    return out;
}

const std::vector<std::pair<Corruption, std::string>>& names() {
    static const std::vector<std::pair<Corruption, std::string>> all{{Corruption::noise, "noise"},
                                                                     {Corruption::blur, "blur"},
                                                                     {Corruption::contrast, "contrast"},
                                                                     {Corruption::pixelate, "pixelate"},
                                                                     {Corruption::rotation, "rotation"}};
    return all;
}

}  // namespace

const std::vector<Corruption>& all_corruptions() {
    static const std::vector<Corruption> all = [] {
        std::vector<Corruption> list;
        for (const auto& entry : names()) list.push_back(entry.first);
        return list;
    }();
    return all;
}

std::string to_string(Corruption corruption) {
    for (const auto& entry : names())
        if (entry.first == corruption) return entry.second;
    fail<ValueError>("[corruption] expected a known corruption, got number ", static_cast<int>(corruption));
}

Corruption parse_corruption(std::string_view text) {
    std::string list;
    for (const auto& entry : names()) {
        if (entry.second == text) return entry.first;
        list += (list.empty() ? "" : ", ") + entry.second;
    }
    fail<ValueError>("[corruption] expected one of ", list, ", got '", text, "'");
}

LabeledImages corrupt_images(const LabeledImages& set, const CorruptionOptions& options) {
    require<ValueError>(options.severity >= 1 && options.severity <= severities, "[corrupt_images] expected a severity in 1..", severities, ", got ",
                        options.severity);
    require<ShapeError>(set.has_images(), "[corrupt_images] expected images [N, C, H, W], got features of shape ", set.images().shape());
    Tensor images = set.images().dtype() == DType::u8 ? corrupted<std::uint8_t>(set, options) : corrupted<float>(set, options);
    return {std::move(images), set.labels(), set.classes(), set.class_names()};
}

}  // namespace knoll::data

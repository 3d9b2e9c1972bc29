#include <knoll/core/parallel.h>
#include <knoll/core/rng.h>
#include <knoll/data/pixels.h>
#include <knoll/data/synthetic/shapes.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace knoll::data {

namespace {

// A point of the plane in which shapes are defined: x to the right, y down, both from -1 to 1.
struct Point {
    double x, y;
};

bool in_box(Point p, double left, double right, double top, double bottom) { return p.x >= left && p.x <= right && p.y >= top && p.y <= bottom; }
bool in_disc(Point p, Point centre, double radius) { return std::hypot(p.x - centre.x, p.y - centre.y) <= radius; }
// A triangle with a horizontal base, its tip above or below the middle of it.
bool in_triangle(Point p, double tip_y, double base_y, double half_base) {
    const double height = (p.y - tip_y) / (base_y - tip_y);
    return height >= 0.0 && height <= 1.0 && std::abs(p.x) <= height * half_base;
}

struct Kind {
    const char* name;
    bool (*contains)(Point);
};

const std::array<Kind, 10> kinds{{
    {"triangle", [](Point p) { return in_triangle(p, -0.9, 0.8, 0.85); }},
    {"half disc",
     [](Point p) {
         return p.y <= 0.4 && in_disc(p, {0.0, 0.4}, 0.9);
     }},
    {"arrow", [](Point p) { return in_triangle(p, -0.9, 0.0, 0.7) || in_box(p, -0.22, 0.22, 0.0, 0.9); }},
    {"tee", [](Point p) { return in_box(p, -0.8, 0.8, -0.8, -0.4) || in_box(p, -0.2, 0.2, -0.8, 0.85); }},
    {"corner", [](Point p) { return in_box(p, -0.7, -0.25, -0.85, 0.8) || in_box(p, -0.7, 0.7, 0.35, 0.8); }},
    {"arch", [](Point p) { return in_box(p, -0.8, 0.8, -0.75, 0.75) && !in_box(p, -0.35, 0.35, -0.25, 1.0); }},
    {"crescent",
     [](Point p) {
         return in_disc(p, {0.0, 0.0}, 0.85) && !in_disc(p, {0.0, 0.45}, 0.7);
     }},
    {"drop",
     [](Point p) {
         return in_disc(p, {0.0, 0.3}, 0.55) || in_triangle(p, -0.95, 0.1, 0.52);
     }},
    {"key",
     [](Point p) {
         return (in_disc(p, {0.0, -0.45}, 0.48) && !in_disc(p, {0.0, -0.45}, 0.2)) || in_box(p, -0.13, 0.13, 0.0, 0.9) || in_box(p, 0.0, 0.45, 0.6, 0.85);
     }},
    {"flag", [](Point p) { return in_box(p, -0.6, -0.4, -0.9, 0.9) || in_box(p, -0.6, 0.65, -0.9, -0.05); }},
}};

// How one image shows its shape.
struct Pose {
    Point centre, stretch;
    double sine, cosine;
    double brightness;
    Point shading;  // change of brightness from the middle to the edge

    explicit Pose(Rng& rng) {
        const auto within = [&](double least, double most) { return least + (most - least) * rng.uniform(); };
        centre = {within(-0.15, 0.15), within(-0.15, 0.15)};
        stretch = {within(0.55, 0.9), within(0.55, 0.9)};
        const double angle = within(-20.0, 20.0) * std::numbers::pi / 180.0;
        sine = std::sin(angle);
        cosine = std::cos(angle);
        brightness = within(0.45, 0.85);
        shading = {within(-0.2, 0.2), within(-0.2, 0.2)};
    }

    // From the image's plane to the shape's.
    Point to_shape(Point p) const {
        const Point moved{p.x - centre.x, p.y - centre.y};
        return {(cosine * moved.x + sine * moved.y) / stretch.x, (cosine * moved.y - sine * moved.x) / stretch.y};
    }
};

// The share of a pixel that the shape covers, from a grid of points in it.
double coverage(const Kind& kind, const Pose& pose, std::int64_t x, std::int64_t y, double pixel) {
    constexpr int grid = 4;
    int inside = 0;
    for (int i = 0; i < grid; ++i)
        for (int j = 0; j < grid; ++j) {
            const Point p{(static_cast<double>(x) + (j + 0.5) / grid) * pixel - 1.0, (static_cast<double>(y) + (i + 0.5) / grid) * pixel - 1.0};
            inside += kind.contains(pose.to_shape(p)) ? 1 : 0;
        }
    return static_cast<double>(inside) / (grid * grid);
}

void draw(const Kind& kind, const ShapeOptions& options, Rng rng, std::uint8_t* out) {
    const Pose pose(rng);
    const double pixel = 2.0 / static_cast<double>(options.size);
    for (std::int64_t y = 0; y < options.size; ++y)
        for (std::int64_t x = 0; x < options.size; ++x) {
            const Point p{(static_cast<double>(x) + 0.5) * pixel - 1.0, (static_cast<double>(y) + 0.5) * pixel - 1.0};
            double value = coverage(kind, pose, x, y, pixel) * (pose.brightness + p.x * pose.shading.x + p.y * pose.shading.y);
            if (options.noise > 0.0) value += options.noise * rng.normal();
            *out++ = to_byte(value);
        }
}

}  // namespace

LabeledImages draw_shapes(const ShapeOptions& options) {
    require<ValueError>(options.count >= 0 && options.size >= 1 && options.noise >= 0.0,
                        "[draw_shapes] expected a count and noise of 0 or more and a size of at least 1, got ", options.count, ", ", options.noise, " and ",
                        options.size);
    Tensor images = empty({options.count, 1, options.size, options.size}, DType::u8);
    Tensor labels = empty({options.count}, DType::i64);
    parallel_for(options.count, 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const auto kind = static_cast<std::size_t>(i) % kinds.size();
            labels.fresh_data<std::int64_t>()[i] = static_cast<std::int64_t>(kind);
            draw(kinds[kind], options, Rng{options.seed}.fork(static_cast<std::uint64_t>(i)),
                 images.fresh_data<std::uint8_t>() + i * options.size * options.size);
        }
    });
    std::vector<std::string> names;
    names.reserve(kinds.size());
    for (const Kind& kind : kinds) names.emplace_back(kind.name);
    return {std::move(images), std::move(labels), static_cast<std::int64_t>(kinds.size()), std::move(names)};
}

}  // namespace knoll::data

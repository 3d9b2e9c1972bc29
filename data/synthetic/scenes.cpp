#include <knoll/core/parallel.h>
#include <knoll/core/rng.h>
#include <knoll/data/pixels.h>
#include <knoll/data/synthetic/resample.h>
#include <knoll/data/synthetic/scenes.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace knoll::data {

namespace {

constexpr std::int64_t orientations = 4;

struct Square {
    std::int64_t top, left, side;
};

std::int64_t overlap(const Square& a, const Square& b) {
    const std::int64_t height = std::min(a.top + a.side, b.top + b.side) - std::max(a.top, b.top);
    const std::int64_t width = std::min(a.left + a.side, b.left + b.side) - std::max(a.left, b.left);
    return std::max<std::int64_t>(height, 0) * std::max<std::int64_t>(width, 0);
}

// Of many random places the one that hides least of what is there: the first that hides nothing, if there is one.
Square place(std::int64_t side, std::int64_t canvas, const std::vector<Square>& taken, Rng& rng) {
    constexpr int attempts = 100;
    Square best{};
    std::int64_t least = -1;
    for (int attempt = 0; attempt < attempts && least != 0; ++attempt) {
        const Square square{rng.index_below(canvas - side + 1), rng.index_below(canvas - side + 1), side};
        std::int64_t hidden = 0;
        for (const Square& other : taken) hidden += overlap(square, other);
        if (least < 0 || hidden < least) {
            least = hidden;
            best = square;
        }
    }
    return best;
}

// One scene in the making; pixels from 0 to 1, the brightest object in front.
class Scene {
public:
    Scene(std::int64_t channels, std::int64_t size) : channels_(channels), size_(size), pixels_(static_cast<std::size_t>(channels * size * size)) {}

    void add(const std::uint8_t* image, std::int64_t image_size, const SceneOptions& options, std::int64_t turns, Rng& rng) {
        const std::int64_t side = options.smallest + rng.index_below(options.largest - options.smallest + 1);
        const auto brightness = static_cast<float>((options.darkest + (1.0 - options.darkest) * rng.uniform()) / 255.0);
        const Square square = place(side, size_, taken_, rng);
        taken_.push_back(square);
        for (std::int64_t c = 0; c < channels_; ++c) {
            const std::vector<float> scaled = resample_area(image + c * image_size * image_size, image_size, side);
            for (std::int64_t y = 0; y < side; ++y)
                for (std::int64_t x = 0; x < side; ++x) {
                    const std::int64_t at = (c * size_ + square.top + y) * size_ + square.left + x;
                    float& pixel = pixels_[static_cast<std::size_t>(at)];
                    pixel = std::max(pixel, brightness * scaled[static_cast<std::size_t>(turned(y, x, side, turns))]);
                }
        }
    }

    void write(double noise, Rng& rng, std::uint8_t* out) const {
        for (const float pixel : pixels_) {
            const double value = noise > 0.0 ? pixel + noise * rng.normal() : pixel;
            *out++ = to_byte(value);
        }
    }

private:
    // Where pixel (y, x) of a square that was turned clockwise by so many quarters stood before.
    static std::int64_t turned(std::int64_t y, std::int64_t x, std::int64_t side, std::int64_t turns) {
        for (; turns > 0; --turns) y = side - 1 - std::exchange(x, y);
        return y * side + x;
    }

    std::int64_t channels_;
    std::int64_t size_;
    std::vector<float> pixels_;
    std::vector<Square> taken_;
};

// Element i with a probability proportional to weights[i].
template <class Weights>
std::int64_t draw_weighted(const Weights& weights, Rng& rng) {
    double left = rng.uniform() * std::accumulate(weights.begin(), weights.end(), 0.0);
    std::int64_t last = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (weights[i] <= 0.0) continue;
        last = static_cast<std::int64_t>(i);
        left -= weights[i];
        if (left < 0.0) return last;
    }
    return last;
}

// What comes next onto a scene: an object, and by how many quarters it is turned.
class ObjectChoice {
public:
    ObjectChoice(const LabeledImages& objects, const std::vector<double>& frequencies) : count_(objects.count()), frequencies_(frequencies) {
        if (frequencies.empty()) return;
        of_class_.resize(static_cast<std::size_t>(objects.classes()));
        const auto kinds = objects.labels().data<std::int64_t>();
        for (std::size_t i = 0; i < kinds.size(); ++i) of_class_[static_cast<std::size_t>(kinds[i])].push_back(static_cast<std::int64_t>(i));
        for (std::size_t c = 0; c < frequencies.size(); ++c)
            require<ValueError>(frequencies[c] <= 0.0 || !of_class_[c / orientations].empty(),
                                "[compose_scenes] expected objects of every class that is to appear, got none of class ", c / orientations);
    }

    std::pair<std::int64_t, std::int64_t> next(Rng& rng) const {
        if (frequencies_.empty()) {
            const std::int64_t object = rng.index_below(count_);
            return {object, rng.index_below(orientations)};
        }
        const std::int64_t scene_class = draw_weighted(frequencies_, rng);
        const std::vector<std::int64_t>& objects = of_class_[static_cast<std::size_t>(scene_class / orientations)];
        return {objects[static_cast<std::size_t>(rng.index_below(static_cast<std::int64_t>(objects.size())))], scene_class % orientations};
    }

private:
    std::int64_t count_;
    const std::vector<double>& frequencies_;
    std::vector<std::vector<std::int64_t>> of_class_;
};

bool are_weights(const std::vector<double>& weights) {
    return std::all_of(weights.begin(), weights.end(), [](double w) { return w >= 0.0 && std::isfinite(w); }) &&
           std::accumulate(weights.begin(), weights.end(), 0.0) > 0.0;
}

void check(const LabeledImages& objects, const SceneOptions& options) {
    require<DTypeError>(objects.images().dtype() == DType::u8, "[compose_scenes] expected images of u8, got ", objects.images().dtype());
    require<ValueError>(objects.count() > 0 && options.count >= 0, "[compose_scenes] expected objects and a count of 0 or more, got ", objects.count(),
                        " objects and count ", options.count);
    require<ValueError>(options.smallest >= 1 && options.smallest <= options.largest && options.largest <= options.size,
                        "[compose_scenes] expected 1 <= smallest <= largest <= size, got ", options.smallest, ", ", options.largest, " and ", options.size);
    require<ValueError>(options.darkest >= 0.0 && options.darkest <= 1.0 && options.noise >= 0.0,
                        "[compose_scenes] expected darkest in [0, 1] and noise of 0 or more, got ", options.darkest, " and ", options.noise);
    require<ValueError>(are_weights({options.objects.begin(), options.objects.end()}),
                        "[compose_scenes] expected probabilities of 1 to 4 objects, got negative ones or none");
    if (options.frequencies.empty()) return;
    const auto frequencies = static_cast<std::int64_t>(options.frequencies.size());
    require<ValueError>(frequencies == objects.classes() * orientations && are_weights(options.frequencies), "[compose_scenes] expected ",
                        objects.classes() * orientations, " frequencies of at least 0, one per class and orientation, got ", frequencies,
                        frequencies == objects.classes() * orientations ? ", some negative or all 0" : "");
}

std::vector<std::string> scene_classes(const LabeledImages& objects) {
    std::vector<std::string> names;
    for (std::int64_t c = 0; c < objects.classes(); ++c)
        for (const char* orientation : {"upright", "turned right", "upside down", "turned left"})
            names.push_back(text(objects.class_names().empty() ? text(c) : objects.class_names()[static_cast<std::size_t>(c)], ", ", orientation));
    return names;
}

}  // namespace

MultiLabelImages compose_scenes(const LabeledImages& objects, const SceneOptions& options) {
    check(objects, options);
    const std::int64_t object_size = objects.size();
    const std::int64_t channels = objects.channels();
    const std::int64_t classes = objects.classes() * orientations;
    Tensor images = empty({options.count, channels, options.size, options.size}, DType::u8);
    Tensor labels = zeros({options.count, classes}, DType::u8);
    const std::uint8_t* pixels = objects.images().data<std::uint8_t>().data();
    const std::int64_t* kinds = objects.labels().data<std::int64_t>().data();
    const ObjectChoice choice(objects, options.frequencies);
    parallel_for(options.count, 64, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            Rng rng = Rng{options.seed}.fork(static_cast<std::uint64_t>(i));
            Scene scene(channels, options.size);
            for (std::int64_t left = 1 + draw_weighted(options.objects, rng); left > 0; --left) {
                const auto [object, turns] = choice.next(rng);
                scene.add(pixels + object * channels * object_size * object_size, object_size, options, turns, rng);
                labels.fresh_data<std::uint8_t>()[i * classes + kinds[object] * orientations + turns] = 1;
            }
            scene.write(options.noise, rng, images.fresh_data<std::uint8_t>() + i * channels * options.size * options.size);
        }
    });
    return {std::move(images), labels, scene_classes(objects)};
}

}  // namespace knoll::data

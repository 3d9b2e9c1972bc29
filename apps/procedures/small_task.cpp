#include <knoll/apps/procedures/small_task.h>

#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/order.h>
#include <knoll/core/ops/pooling.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/nn/models/models.h>
#include <knoll/nn/optim/sgd.h>

#include <cmath>

namespace knoll::apps {

namespace {

Tensor small_features(const Tensor& images) {
    const bool halves = images.rank() == 4 && images.size(2) % 2 == 0 && images.size(3) % 2 == 0;
    return flatten(halves ? avg_pool2d(images, {.kernel = 2}) : images, 1);
}

// Moved and scaled by what the images to train on have as mean in each pixel and as deviation over all: so small steps suffice.
Tensor standardized(const Tensor& features, std::int64_t shots) {
    const Tensor known = slice(features, 0, 0, shots);
    const Tensor centre = mean(known, {0}, true);
    return (features - centre) / (sqrt(mean(square(known - centre))) + 1e-6);
}

// 0 .. ways-1, each `count` times.
Tensor class_by_class(std::int64_t ways, std::int64_t count) {
    Tensor labels = empty({ways * count}, DType::i64);
    auto* values = labels.fresh_data<std::int64_t>();
    for (std::int64_t i = 0; i < ways * count; ++i) values[i] = i / count;
    return labels;
}

}  // namespace

SmallTask make_small_task(const data::Batch& episode, const data::EpisodeOptions& options) {
    require<ShapeError>(episode.size() == options.length(), "[small_task] expected an episode of ", options.length(), " examples, got ", episode.size());
    const NoGrad no_grad;
    const std::int64_t shots = options.ways * options.shots;
    const Tensor features = standardized(small_features(episode.images), shots);
    return {.ways = options.ways,
            .images = slice(features, 0, 0, shots),
            .labels = class_by_class(options.ways, options.shots),
            .queries = slice(features, 0, shots, options.length()),
            .answers = class_by_class(options.ways, options.queries)};
}

double trained_accuracy(const SmallTask& task, const SmallLoss& loss, const SmallTraining& training, Rng rng) {
    const EnableGrad enable_grad;
    nn::Sequential classifier = nn::models::mlp({.channels = task.images.size(1), .size = 1, .classes = task.ways, .hidden = {training.hidden}});
    classifier.initialize(rng);
    nn::SGD optimizer{classifier.parameters(), {.learning_rate = training.learning_rate}};
    for (int step = 0; step < training.steps; ++step) {
        const Tensor logits = classifier(task.images);
        if (!std::isfinite(sum(logits.detach()).item())) return 0;  // losses refuse logits that are no numbers
        const Tensor value = loss(logits, task.labels);
        if (!std::isfinite(value.item())) return 0;
        optimizer.zero_grad();
        backward(value);
        optimizer.step();
    }
    const NoGrad no_grad;
    return mean((argmax(classifier(task.queries), 1) == task.answers).to(DType::f32)).item();
}

}  // namespace knoll::apps

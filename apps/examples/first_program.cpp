#include <knoll/knoll.h>

#include <iostream>

using namespace knoll;

int main() {
    const auto scenes = data::compose_scenes(data::draw_shapes({.count = 5000, .noise = 0}), {.count = 4000});
    const auto observed = data::drop_labels(scenes, {.keep = data::Keep::single});  // of each image's labels, one is left
    Rng rng{1};
    auto net = nn::models::small_cnn({.size = scenes.size(), .classes = scenes.classes()});
    net.initialize(rng);
    nn::Adam optimizer{net.parameters(), {.learning_rate = 3e-3}};
    const losses::Hill hill;
    Tensor loss;
    for (const data::Batch& batch : data::Loader{observed, {.batch_size = 32, .shuffle = true}}) {
        loss = hill(net(batch.images), batch.labels);
        optimizer.zero_grad();
        backward(loss);
        optimizer.step();
    }
    std::cout << "loss of the last batch: " << loss << '\n';
}

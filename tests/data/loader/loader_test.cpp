#include "data/random_sets.h"
#include "support/close.h"

#include <knoll/core/memory.h>
#include <knoll/core/parallel.h>
#include <knoll/data/loader/loader.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>

using namespace knoll;
using data::Batch;
using data::Loader;
using data::LoaderOptions;

namespace {

// Everything that one pass yields, in order.
struct Pass {
    std::vector<double> indices, labels, pixels;
    std::vector<std::int64_t> sizes;

    friend bool operator==(const Pass&, const Pass&) = default;
};

Pass run(Loader& loader) {
    Pass pass;
    const auto append = [](std::vector<double>& into, const Tensor& values) {
        const std::vector<double> more = values.to_vector();
        into.insert(into.end(), more.begin(), more.end());
    };
    for (const Batch& batch : loader) {
        append(pass.indices, batch.indices);
        append(pass.labels, batch.labels);
        append(pass.pixels, batch.images);
        pass.sizes.push_back(batch.size());
    }
    return pass;
}

Pass run(const data::Dataset& set, LoaderOptions options) {
    Loader loader{set, std::move(options)};
    return run(loader);
}

std::vector<data::Transform> augmentations() { return {data::random_crop(2), data::random_horizontal_flip(), data::cutout(3)}; }

}  // namespace

TEST_CASE("without shuffling, batches follow the data, pixels scaled to 0..1") {
    const data::LabeledImages set = random_images(7, 2, 3, 4);
    std::int64_t next = 0;
    for (const Batch& batch : Loader{set, {.batch_size = 3}}) {
        const std::int64_t rows = std::min<std::int64_t>(3, 7 - next);
        REQUIRE(to_string(batch.images.shape()) == to_string(Shape{rows, 2, 3, 3}));
        CHECK(batch.images.dtype() == DType::f32);
        CHECK(batch.labels.dtype() == DType::i64);
        for (std::int64_t row = 0; row < rows; ++row, ++next) {
            CHECK(batch.labels.at<std::int64_t>(row) == next % 4);
            CHECK(batch.indices.at<std::int64_t>(row) == next);
            CHECK(batch.images.at<float>(row, 1, 2, 0) == static_cast<float>(set.images().at<std::uint8_t>(next, 1, 2, 0)) / 255.0F);
        }
    }
    CHECK(next == 7);
}

TEST_CASE("multi-label sets and features give f32 labels and rows") {
    const data::MultiLabelImages set = random_multi_label(5, 3, 0.5);
    for (const Batch& batch : Loader{set, {.batch_size = 5}}) {
        CHECK(to_string(batch.images.shape()) == "[5, 1]");
        CHECK(batch.labels.dtype() == DType::f32);
        CHECK(batch.labels.to_vector() == set.labels().to_vector());
    }
}

TEST_CASE("a shuffled pass visits every example once, in another order every epoch and for every seed") {
    const data::LabeledImages set = random_images(103, 1, 2, 4);
    Loader loader{set, {.batch_size = 10, .shuffle = true, .seed = 1}};
    const Pass first = run(loader), second = run(loader);
    const Pass other_seed = run(set, {.batch_size = 10, .shuffle = true, .seed = 2});
    for (const Pass* pass : {&first, &second, &other_seed}) {
        std::vector<double> sorted = pass->indices;
        std::sort(sorted.begin(), sorted.end());
        CHECK(sorted == arange(103).to_vector());
        CHECK(pass->sizes == std::vector<std::int64_t>{10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 3});
    }
    CHECK(first.indices != second.indices);
    CHECK(first.indices != other_seed.indices);
    CHECK(loader.epoch() == 2);
    CHECK(run(set, {.batch_size = 10, .shuffle = true, .seed = 1, .epoch = 1}) == second);
}

TEST_CASE("prefetching and threads change no bit") {
    const data::LabeledImages set = random_images(57, 3, 8, 4);
    LoaderOptions options{.batch_size = 8, .shuffle = true, .seed = 3, .transforms = augmentations()};
    const Pass with = run(set, options);
    options.prefetch = false;
    CHECK(run(set, options) == with);
    const int threads = num_threads();
    set_num_threads(1);
    CHECK(run(set, options) == with);
    set_num_threads(threads);
}

TEST_CASE("augmentation does not depend on the batch size") {
    const data::LabeledImages set = random_images(40, 1, 8, 4);
    const Pass small = run(set, {.batch_size = 3, .shuffle = true, .seed = 3, .transforms = augmentations()});
    const Pass large = run(set, {.batch_size = 40, .shuffle = true, .seed = 3, .transforms = augmentations()});
    CHECK(small.pixels == large.pixels);
    CHECK(small.pixels != run(set, {.batch_size = 3, .shuffle = true, .seed = 3}).pixels);
}

TEST_CASE("two draws of one example are augmented differently") {
    const data::LabeledImages set = random_images(1, 1, 16, 1);
    const data::Sampler twice{2, [](Rng) { return std::vector<std::int64_t>{0, 0}; }};
    const Pass pass = run(set, {.batch_size = 2, .seed = 1, .sampler = twice, .transforms = {data::random_crop(8)}});
    CHECK(std::vector<double>(pass.pixels.begin(), pass.pixels.begin() + 256) != std::vector<double>(pass.pixels.begin() + 256, pass.pixels.end()));
}

TEST_CASE("a pass goes on in the middle of an epoch") {
    const data::LabeledImages set = random_images(45, 1, 6, 4);
    const LoaderOptions options{.batch_size = 10, .shuffle = true, .seed = 3, .epoch = 4, .transforms = augmentations()};
    const Pass whole = run(set, options);
    for (std::int64_t b = 0; b <= 5; ++b) {
        LoaderOptions resumed = options;
        resumed.first_batch = b;
        Loader loader{set, resumed};
        const Pass rest = run(loader);
        const auto from = static_cast<std::ptrdiff_t>(std::min<std::int64_t>(b * 10, 45));
        CHECK(rest.indices == std::vector<double>(whole.indices.begin() + from, whole.indices.end()));
        CHECK(rest.pixels == std::vector<double>(whole.pixels.begin() + from * 36, whole.pixels.end()));
        CHECK(run(loader).sizes.size() == 5);  // the next epoch is whole
    }
    LoaderOptions beyond = options;
    beyond.first_batch = 6;
    Loader loader{set, beyond};
    CHECK_THROWS_WITH(loader.begin(), "[loader] expected a first batch in 0..5, got 6");
}

TEST_CASE("resuming makes none of the batches before") {
    const data::LabeledImages set = random_images(40, 1, 2, 4);
    std::atomic<int> calls = 0;
    const data::Transform count = [&](const data::ImageView&, Rng&) { ++calls; };
    run(set, {.batch_size = 10, .first_batch = 3, .transforms = {count}});
    CHECK(calls == 10);
}

TEST_CASE("a last batch that is not full can be left out") {
    const data::LabeledImages set = random_images(25, 1, 2, 4);
    CHECK(run(set, {.batch_size = 10, .drop_last = true}).sizes == std::vector<std::int64_t>{10, 10});
    CHECK(Loader(set, {.batch_size = 10, .drop_last = true}).batches() == 2);
    CHECK(Loader(set, {.batch_size = 10}).batches() == 3);
    CHECK(Loader(set, {.batch_size = 5}).batches() == 5);
    CHECK(run(set, {.batch_size = 30, .drop_last = true}).sizes.empty());
}

TEST_CASE("a loop may be left early, and a batch kept") {
    const data::LabeledImages set = random_images(100, 1, 4, 4);
    Tensor kept;
    for (int pass = 0; pass < 50; ++pass)
        for (const Batch& batch : Loader{set, {.batch_size = 5}}) {
            kept = batch.images;
            break;
        }
    CHECK(kept.at<float>(4, 0, 3, 3) == static_cast<float>(set.images().at<std::uint8_t>(4, 0, 3, 3)) / 255.0F);
}

TEST_CASE("what a transform throws arrives in the loop, and ends the pass") {
    const data::LabeledImages set = random_images(40, 1, 2, 4);
    const bool prefetch = GENERATE(true, false);
    std::atomic<int> calls = 0;
    const data::Transform failing = [&](const data::ImageView&, Rng&) {
        if (++calls == 25) throw std::runtime_error("the 25th");
    };
    Loader loader{set, {.batch_size = 10, .transforms = {failing}, .prefetch = prefetch}};
    auto batch = loader.begin();
    ++batch;
    CHECK_THROWS_WITH(++batch, "the 25th");
    CHECK(batch == loader.end());
    ++batch;
    CHECK(batch == loader.end());
}

TEST_CASE("steady passes take no fresh memory from the system") {
    const data::LabeledImages set = random_images(200, 1, 16, 4);
    Loader loader{set, {.batch_size = 10, .shuffle = true, .transforms = {data::random_horizontal_flip()}}};
    run(loader);
    if (memory_statistics().cached == 0) return;  // the address sanitizer is to see every release, so nothing is cached under it
    const std::int64_t before = memory_statistics().system_allocations;
    for (int pass = 0; pass < 3; ++pass)
        for (const Batch& batch : loader) CHECK(batch.size() == 10);
    CHECK(memory_statistics().system_allocations == before);
}

TEST_CASE("a loader refuses options that make no sense") {
    const data::LabeledImages set = random_images(4, 1, 2, 4);
    CHECK_THROWS_WITH(Loader(set, {.batch_size = 0}), "[loader] expected a batch size of at least 1, got 0");
    CHECK_THROWS_WITH(Loader(set, {.epoch = -1}), "[loader] expected an epoch and a first batch of at least 0, got -1 and 0");
    CHECK_THROWS_WITH(Loader(set, {.shuffle = true, .sampler = data::sequential_sampler(4)}), "[loader] expected shuffle or a sampler, got both");
    const auto begin = [&](const data::Sampler& sampler) { return Loader(set, {.sampler = sampler}).begin(); };
    CHECK_THROWS_WITH(begin({1, [](Rng) { return std::vector<std::int64_t>{4}; }}), "[loader] expected a sampler that draws from 0..3, got 4");
    CHECK_THROWS_WITH(begin({3, [](Rng) { return std::vector<std::int64_t>{0}; }}), "[sampler] expected 3 draws, got 1");
}

TEST_CASE("an empty set has no batches") {
    const data::LabeledImages set(zeros({0, 1, 2, 2}), zeros({0}, DType::i64), 3);
    CHECK(run(set, {.batch_size = 10, .shuffle = true}).sizes.empty());
}

TEST_CASE("a second loop over a loader is the next epoch, whole, even if the first was left early") {
    const data::LabeledImages set = random_images(23, 1, 2, 4);
    for (const bool prefetch : {true, false}) {
        const LoaderOptions options{.batch_size = 5, .shuffle = true, .seed = 9, .epoch = 3, .first_batch = 2, .prefetch = prefetch};
        const auto fresh = [&](std::int64_t epoch) {
            LoaderOptions whole = options;
            whole.epoch = epoch;
            whole.first_batch = 0;
            return run(set, whole);
        };
        Loader loader{set, options};
        CHECK(loader.epoch() == 3);
        for (const Batch& batch : loader) {
            const Pass whole = fresh(3);
            CHECK(batch.indices.to_vector() == std::vector<double>(whole.indices.begin() + 10, whole.indices.begin() + 15));
            break;
        }
        CHECK(loader.epoch() == 4);
        CHECK(run(loader) == fresh(4));
        CHECK(run(loader) == fresh(5));
        CHECK(fresh(4).indices != fresh(5).indices);
        CHECK(loader.epoch() == 6);
    }
    Loader plain{set, {.batch_size = 5}};
    CHECK(run(plain) == run(plain));
    CHECK(plain.epoch() == 2);
}

TEST_CASE("two passes of one loader go on side by side, each in its own epoch, and outlive the loader") {
    const data::LabeledImages set = random_images(30, 1, 2, 4);
    const LoaderOptions options{.batch_size = 4, .shuffle = true, .seed = 5, .transforms = {data::random_crop(1)}, .prefetch = GENERATE(true, false)};
    LoaderOptions later = options;
    later.epoch = 1;
    const Pass first = run(set, options), second = run(set, later);
    auto loader = std::make_unique<Loader>(set, options);
    auto a = loader->begin(), b = loader->begin();
    loader.reset();
    std::vector<double> of_a, of_b;
    for (; a != std::default_sentinel; ++a, ++b) {
        for (const double value : a->images.to_vector()) of_a.push_back(value);
        for (const double value : b->images.to_vector()) of_b.push_back(value);
    }
    CHECK(b == std::default_sentinel);
    CHECK(of_a == first.pixels);
    CHECK(of_b == second.pixels);
}

TEST_CASE("a pass that cannot begin leaves the loader at its epoch") {
    const data::LabeledImages set = random_images(10, 1, 2, 4);
    int calls = 0;
    const data::Sampler sampler{2, [&](Rng) { return std::vector<std::int64_t>{0, ++calls == 1 ? 10 : 9}; }};
    Loader loader{set, {.batch_size = 2, .epoch = 6, .sampler = sampler}};
    CHECK_THROWS_AS(loader.begin(), IndexError);
    CHECK(loader.epoch() == 6);
    CHECK(run(loader).indices == std::vector<double>{0, 9});
    CHECK(loader.epoch() == 7);
}

TEST_CASE("the defaults of a loader: batches of one in the order of the set, all of them") {
    const LoaderOptions options;
    CHECK((options.batch_size == 1 && !options.shuffle && options.seed == 0 && options.epoch == 0 && options.first_batch == 0 && !options.drop_last));
    CHECK((options.prefetch && options.transforms.empty() && !options.sampler));
    CHECK(run(random_images(3, 1, 2, 4), {}).indices == std::vector<double>{0, 1, 2});
    CHECK(run(random_images(3, 1, 2, 4), {}).sizes == std::vector<std::int64_t>{1, 1, 1});
}

#include "data/random_sets.h"

#include <knoll/core/core.h>
#include <knoll/data/loader/view.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("a view of an example depends on the generator and its index alone, and leaves the batch as it is") {
    Rng rng{1};
    const Tensor images = rand({4, 2, 8, 8}, rng);
    const std::vector<double> before = images.to_vector();
    const std::vector<data::Transform> changes{data::random_crop(2), data::random_horizontal_flip(), data::cutout(3)};
    const Tensor indices = tensor({7.0, 3.0, 9.0, 3.0}, DType::i64);
    const Tensor view = data::make_view(images, indices, changes, Rng{5});
    CHECK(view.shape() == images.shape());
    CHECK(view.to_vector() != before);
    CHECK(images.to_vector() == before);

    const Tensor turned = data::make_view(flip(images, {0}), flip(indices, {0}), changes, Rng{5});
    CHECK(flip(turned, {0}).to_vector() == view.to_vector());
    CHECK(data::make_view(images, indices, changes, Rng{6}).to_vector() != view.to_vector());
    CHECK(data::make_view(images, indices, {}, Rng{5}).to_vector() == before);
    CHECK(data::make_view(reshape(images, {4, 128}), indices, {}, Rng{5}).shape() == Shape{4, 128});
    CHECK_THROWS_WITH(data::make_view(images, tensor({1.0}, DType::i64), changes, Rng{5}), "[make_view] expected indices [4], got shape [1]");
    CHECK_THROWS_WITH(data::make_view(ones({4, 2, 8}), indices, changes, Rng{5}),
                      "[make_view] expected images [B, C, H, W] or features [B, F], got shape [4, 2, 8]");
}

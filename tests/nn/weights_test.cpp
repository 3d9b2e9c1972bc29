#include "nn/check_layer.h"

#include <knoll/core/files/safetensors.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/sequential.h>
#include <knoll/nn/weights.h>
#include <catch2/catch.hpp>

#include <filesystem>

using namespace knoll;

TEST_CASE("weights travel through a file, bit for bit, under PyTorch's names") {
    const auto path = std::filesystem::temp_directory_path() / "knoll_weights_test.safetensors";
    const auto make = [] { return nn::Sequential{nn::Linear{3, 4}, nn::BatchNorm1d{4}}; };
    nn::Sequential from = make(), to = make(), other{nn::Linear{3, 4}};
    Rng rng{1};
    from.initialize(rng);
    from(randn({5, 3}, rng));
    nn::save_safetensors(from, path.string());
    nn::load_safetensors(to, path.string());
    for (std::size_t i = 0; i < from.state_dict().size(); ++i) CHECK(to.state_dict()[i].second.to_vector() == from.state_dict()[i].second.to_vector());

    const TensorFile file = load_safetensors(path.string());
    CHECK(file.metadata.at("format") == "pt");
    CHECK(find_tensor(file.tensors, "1.num_batches_tracked").dtype() == DType::i64);
    CHECK_THROWS_WITH(nn::load_safetensors(other, path.string()), Catch::Matchers::Contains("[load_safetensors " + path.string() + "] expected 2 tensors") &&
                                                                      Catch::Matchers::Contains("unexpected: ") && Catch::Matchers::Contains("1.running_var"));
    std::filesystem::remove(path);
    CHECK_THROWS_AS(nn::load_safetensors(to, path.string()), FileError);
}

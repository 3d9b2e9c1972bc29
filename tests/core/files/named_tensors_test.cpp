#include <knoll/core/files/named_tensors.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("a tensor is found by its name, and a wrong name is answered with those there are") {
    const NamedTensors tensors{{"weight", scalar(1.0)}, {"bias", scalar(2.0)}};
    CHECK(find_tensor(tensors, "bias").item() == 2.0);
    CHECK_THROWS_WITH(find_tensor(tensors, "b"), "[find_tensor] expected one of weight, bias, got b");
    CHECK_THROWS_AS(find_tensor({}, "b"), IndexError);
}
